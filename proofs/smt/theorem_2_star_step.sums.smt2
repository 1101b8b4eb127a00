; Statement: By Definition 6*: the ratio of two units that are not constant is unique, and
;   what holds of the sums over classes holds of the sums over unions of classes, with
;   constants folded into the bias; all numbers unknown.
; This part: t = r v class by class carries over to a union of two classes with factors k,
;   and to a bias with constants c
; Source: Theorem 2 with Definition 6*
; Expected: unsat (no numbers are so); the statement is proved.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const k1 Real)
(declare-const k2 Real)
(declare-const r Real)
(declare-const t1 Real)
(declare-const v1 Real)
(declare-const t2 Real)
(declare-const v2 Real)
(declare-const bt Real)
(declare-const bv Real)
(declare-const c1 Real)
(declare-const c2 Real)
(assert (< 0.0 k1))
(assert (< 0.0 k2))
(assert (< 0.0 r))
(assert (= t1 (* r v1)))
(assert (= t2 (* r v2)))
(assert (= bt (* r bv)))
(assert (not (and (= (+ (* k1 t1) (* k2 t2)) (* r (+ (* k1 v1) (* k2 v2)))) (= (+ (+ bt (* c1 t1)) (* c2 t2)) (* r (+ (+ bv (* c1 v1)) (* c2 v2)))))))
(check-sat)
