; Statement: If the weights and biases of the four others are all >= 0, or all <= 0, the
;   merge changes no output for inputs >= 0.
; This part: all <= 0
; Source: Section 5
; Expected: unsat (no numbers are so); the statement is proved.
(set-logic QF_LRA)
(set-info :status unsat)
(declare-const x1 Real)
(declare-const x2 Real)
(define-fun s!0 () Real (+ (* (- 1.0) x1) (* (- 2.0) x2) (- 1.0)))
(define-fun s!1 () Real (ite (<= 0.0 s!0) s!0 0.0))
(define-fun s!2 () Real (+ (* (- 3.0) x1) (* (- 1.0) x2) (- 2.0)))
(define-fun s!3 () Real (ite (<= 0.0 s!2) s!2 0.0))
(define-fun s!4 () Real (ite (<= 0.0 (* (- 5.0) x2)) (* (- 5.0) x2) 0.0))
(define-fun s!5 () Real (+ (* (- (/ 1.0 2.0)) x1) (* (- 4.0) x2) (- (/ 1.0 3.0))))
(define-fun s!6 () Real (ite (<= 0.0 s!5) s!5 0.0))
(define-fun s!7 () Real (+ (* (- (/ 17.0 2.0)) x1) (* (- (/ 37.0 2.0)) x2) (- 6.0)))
(assert (<= 0.0 x1))
(assert (<= 0.0 x2))
(assert (not (= (+ s!1 (* (- 2.0) s!3) (* (/ 1.0 3.0) s!4) (* 2.0 s!6) (* 5.0 (ite (<= 0.0 s!7) s!7 0.0))) (+ (* 6.0 s!1) (* 8.0 s!3) (* (/ 17.0 6.0) s!4) (* 17.0 s!6)))))
(check-sat)
