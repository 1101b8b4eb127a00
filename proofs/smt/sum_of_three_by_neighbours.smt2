; Statement: For r1, r2, r3 > 0: y1 y2 >= 0 and y2 y3 >= 0 suffice for ReLU of the sum of
;   the r y to be the sum of the r ReLU(y).
; Source: a wrong generalisation of Section 4, the equivalence after Theorem 2
; Expected: sat (the solver's model refutes it); the statement is refuted.
(set-logic QF_NRA)
(set-info :status sat)
(declare-const r1 Real)
(declare-const r2 Real)
(declare-const r3 Real)
(declare-const y1 Real)
(declare-const y2 Real)
(declare-const y3 Real)
(define-fun s!0 () Real (+ (+ (* r1 y1) (* r2 y2)) (* r3 y3)))
(assert (< 0.0 r1))
(assert (< 0.0 r2))
(assert (< 0.0 r3))
(assert (<= 0.0 (* y1 y2)))
(assert (<= 0.0 (* y2 y3)))
(assert (not (= (ite (<= 0.0 s!0) s!0 0.0) (+ (+ (* r1 (ite (<= 0.0 y1) y1 0.0)) (* r2 (ite (<= 0.0 y2) y2 0.0))) (* r3 (ite (<= 0.0 y3) y3 0.0))))))
(check-sat)
