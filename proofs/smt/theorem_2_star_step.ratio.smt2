; Statement: By Definition 6*: the ratio of two units that are not constant is unique, and
;   what holds of the sums over classes holds of the sums over unions of classes, with
;   constants folded into the bias; all numbers unknown.
; This part: two ratios c, d between the same vectors are equal
; Source: Theorem 2 with Definition 6*
; Expected: unsat (no numbers are so); the statement is proved.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const t1 Real)
(declare-const t2 Real)
(declare-const v1 Real)
(declare-const c Real)
(declare-const d Real)
(declare-const v2 Real)
(declare-const bv Real)
(declare-const bt Real)
(assert (or (distinct t1 0.0) (distinct t2 0.0)))
(assert (and (= v1 (* c t1)) (= v1 (* d t1))))
(assert (and (= v2 (* c t2)) (= v2 (* d t2))))
(assert (and (= bv (* c bt)) (= bv (* d bt))))
(assert (not (= c d)))
(check-sat)
