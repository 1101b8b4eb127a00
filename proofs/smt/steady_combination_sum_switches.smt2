; Statement: If inputs and the weights and biases of two units are all >= 0, a combination
;   of them can be merged into them: for their difference x2 - x1, which may switch.
; Source: the sign-stable rule, from Section 5
; Expected: sat (the solver's model refutes it); the statement is refuted.
(set-logic QF_LRA)
(set-info :status sat)
(declare-const x1 Real)
(declare-const x2 Real)
(define-fun s!0 () Real (ite (<= 0.0 (+ x1 (* 2.0 x2))) (+ x1 (* 2.0 x2)) 0.0))
(assert (<= 0.0 x1))
(assert (<= 0.0 x2))
(assert (not (= (+ s!0 (ite (<= 0.0 (+ (* 2.0 x1) x2)) (+ (* 2.0 x1) x2) 0.0) (ite (<= 0.0 (+ (* (- 1.0) x1) x2)) (+ (* (- 1.0) x1) x2) 0.0)) (* 2.0 s!0))))
(check-sat)
