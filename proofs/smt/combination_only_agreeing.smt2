; Statement: Merging a combination of two others keeps the output exactly for the inputs
;   where their product before ReLU is >= 0.
; Source: end of Section 4
; Expected: unsat (it holds); the statement is proved.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const x1 Real)
(declare-const x2 Real)
(define-fun s!0 () Real (ite (<= 0.0 (+ x1 (* 2.0 x2) 1.0)) (+ x1 (* 2.0 x2) 1.0) 0.0))
(define-fun s!1 () Real (+ (* 3.0 x1) (* (- 1.0) x2) 2.0))
(define-fun s!2 () Real (ite (<= 0.0 s!1) s!1 0.0))
(assert (not (= (= (+ s!0 (* (- 2.0) s!2) (* 5.0 (ite (<= 0.0 (+ (* 7.0 x1) 5.0)) (+ (* 7.0 x1) 5.0) 0.0))) (+ (* 6.0 s!0) (* 8.0 s!2))) (<= 0.0 (* (+ x1 (* 2.0 x2) 1.0) s!1)))))
(check-sat)
