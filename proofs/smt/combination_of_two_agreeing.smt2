; Statement: A unit that is a positive combination of two others can be merged into them
;   for all inputs where all of these are >= 0 or all are <= 0 before their ReLU.
; Source: end of Section 4
; Expected: unsat (it holds); the statement is proved.
(set-logic QF_LRA)
(set-info :status unsat)
(declare-const x1 Real)
(declare-const x2 Real)
(define-fun s!0 () Real (+ (* 3.0 x1) (* (- 1.0) x2) 2.0))
(define-fun s!1 () Real (ite (<= 0.0 (+ x1 (* 2.0 x2) 1.0)) (+ x1 (* 2.0 x2) 1.0) 0.0))
(define-fun s!2 () Real (ite (<= 0.0 s!0) s!0 0.0))
(assert (or (and (<= 0.0 (+ x1 (* 2.0 x2) 1.0)) (<= 0.0 s!0)) (and (<= (+ x1 (* 2.0 x2) 1.0) 0.0) (<= s!0 0.0))))
(assert (not (= (+ s!1 (* (- 2.0) s!2) (* 5.0 (ite (<= 0.0 (+ (* 7.0 x1) 5.0)) (+ (* 7.0 x1) 5.0) 0.0))) (+ (* 6.0 s!1) (* 8.0 s!2)))))
(check-sat)
