; Statement: A unit that is a positive combination of two others can be merged into them
;   if all weights and biases are >= 0, whatever the inputs.
; Source: Section 5, which does not say that inputs are >= 0
; Expected: sat (the solver's model refutes it); the statement is refuted.
(set-logic QF_LRA)
(set-info :status sat)
(declare-const x1 Real)
(declare-const x2 Real)
(define-fun s!0 () Real (ite (<= 0.0 (+ x1 (* 2.0 x2) 1.0)) (+ x1 (* 2.0 x2) 1.0) 0.0))
(define-fun s!1 () Real (ite (<= 0.0 (+ (* 3.0 x1) x2 2.0)) (+ (* 3.0 x1) x2 2.0) 0.0))
(define-fun s!2 () Real (+ (* 7.0 x1) (* 4.0 x2) 5.0))
(assert (not (= (+ s!0 (* (- 2.0) s!1) (* 5.0 (ite (<= 0.0 s!2) s!2 0.0))) (+ (* 6.0 s!0) (* 8.0 s!1)))))
(check-sat)
