; Statement: If inputs and the weights and bias of t are all >= 0, and t is the sum of two
;   others, t can be merged into them: for t = 2 x1 + x2 with a part x1 - x2 that may
;   switch.
; Source: the sign-stable rule, from Section 5
; Expected: sat (the solver's model refutes it); the statement is refuted.
(set-logic QF_LRA)
(set-info :status sat)
(declare-const x1 Real)
(declare-const x2 Real)
(define-fun s!0 () Real (ite (<= 0.0 (+ x1 (* 2.0 x2))) (+ x1 (* 2.0 x2)) 0.0))
(define-fun s!1 () Real (ite (<= 0.0 (+ x1 (* (- 1.0) x2))) (+ x1 (* (- 1.0) x2)) 0.0))
(assert (<= 0.0 x1))
(assert (<= 0.0 x2))
(assert (not (= (+ s!0 s!1 (ite (<= 0.0 (+ (* 2.0 x1) x2)) (+ (* 2.0 x1) x2) 0.0)) (+ (* 2.0 s!0) (* 2.0 s!1)))))
(check-sat)
