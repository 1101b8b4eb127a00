; Statement: A unit that is a positive combination of four others can be merged into them
;   for all inputs where all of these are >= 0 or all are <= 0 before their ReLU.
; Source: end of Section 4
; Expected: unsat (it holds); the statement is proved.
(set-logic QF_LRA)
(set-info :status unsat)
(declare-const x1 Real)
(declare-const x2 Real)
(define-fun s!0 () Real (+ (* 3.0 x1) (* (- 1.0) x2) 2.0))
(define-fun s!1 () Real (+ (* (- 2.0) x1) (* 5.0 x2) (- 1.0)))
(define-fun s!2 () Real (+ (* (- 1.0) x1) (* (- 4.0) x2) 3.0))
(define-fun s!3 () Real (ite (<= 0.0 (+ x1 (* 2.0 x2) 1.0)) (+ x1 (* 2.0 x2) 1.0) 0.0))
(define-fun s!4 () Real (ite (<= 0.0 s!0) s!0 0.0))
(define-fun s!5 () Real (ite (<= 0.0 s!1) s!1 0.0))
(define-fun s!6 () Real (ite (<= 0.0 s!2) s!2 0.0))
(define-fun s!7 () Real (+ (* 3.0 x1) (* (- (/ 19.0 2.0)) x2) (/ 27.0 2.0)))
(assert (or (and (<= 0.0 (+ x1 (* 2.0 x2) 1.0)) (<= 0.0 s!0) (<= 0.0 s!1) (<= 0.0 s!2)) (and (<= (+ x1 (* 2.0 x2) 1.0) 0.0) (<= s!0 0.0) (<= s!1 0.0) (<= s!2 0.0))))
(assert (not (= (+ s!3 (* (- 2.0) s!4) (* (/ 1.0 3.0) s!5) (* 2.0 s!6) (* 5.0 (ite (<= 0.0 s!7) s!7 0.0))) (+ (* 6.0 s!3) (* 8.0 s!4) (* (/ 17.0 6.0) s!5) (* 17.0 s!6)))))
(check-sat)
