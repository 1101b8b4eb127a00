; Statement: If the weights and biases of the two others are all >= 0, or all <= 0, the
;   merge changes no output for inputs >= 0.
; This part: all >= 0
; Source: Section 5
; Expected: unsat (no numbers are so); the statement is proved.
(set-logic QF_LRA)
(set-info :status unsat)
(declare-const x1 Real)
(declare-const x2 Real)
(define-fun s!0 () Real (ite (<= 0.0 (+ x1 (* 2.0 x2) 1.0)) (+ x1 (* 2.0 x2) 1.0) 0.0))
(define-fun s!1 () Real (ite (<= 0.0 (+ (* 3.0 x1) x2 2.0)) (+ (* 3.0 x1) x2 2.0) 0.0))
(define-fun s!2 () Real (+ (* 7.0 x1) (* 4.0 x2) 5.0))
(assert (<= 0.0 x1))
(assert (<= 0.0 x2))
(assert (not (= (+ s!0 (* (- 2.0) s!1) (* 5.0 (ite (<= 0.0 s!2) s!2 0.0))) (+ (* 6.0 s!0) (* 8.0 s!1)))))
(check-sat)
