; Statement: For c1, c2, c3 of any sign: ReLU of S, the sum of the c y, is the sum of the
;   c ReLU(y) if all y >= 0 and S >= 0, or all y <= 0 and S <= 0.
; Source: Section 4, the equivalence after Theorem 2
; Expected: unsat (it holds); the statement is proved.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const y1 Real)
(declare-const y2 Real)
(declare-const y3 Real)
(declare-const c1 Real)
(declare-const c2 Real)
(declare-const c3 Real)
(define-fun s!0 () Real (+ (+ (* c1 y1) (* c2 y2)) (* c3 y3)))
(assert (or (and (<= 0.0 y1) (<= 0.0 y2) (<= 0.0 y3) (<= 0.0 s!0)) (and (<= y1 0.0) (<= y2 0.0) (<= y3 0.0) (<= s!0 0.0))))
(assert (not (= (ite (<= 0.0 s!0) s!0 0.0) (+ (+ (* c1 (ite (<= 0.0 y1) y1 0.0)) (* c2 (ite (<= 0.0 y2) y2 0.0))) (* c3 (ite (<= 0.0 y3) y3 0.0))))))
(check-sat)
