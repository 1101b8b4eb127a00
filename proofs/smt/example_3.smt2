; Statement: Deleting t = 3 v and letting z read v with 2 + 3 * 5 changes no output.
; Source: Example 3 and Figure 3 (weights ours)
; Expected: unsat (it holds); the statement is proved.
(set-logic QF_LRA)
(set-info :status unsat)
(declare-const x1 Real)
(declare-const x2 Real)
(declare-const x3 Real)
(define-fun s!0 () Real (+ x1 (* (- 2.0) x2) (* 3.0 x3) 1.0))
(define-fun s!1 () Real (ite (<= 0.0 s!0) s!0 0.0))
(define-fun s!2 () Real (+ (* 3.0 x1) (* (- 6.0) x2) (* 9.0 x3) 3.0))
(define-fun s!3 () Real (+ (* 2.0 s!1) (* 5.0 (ite (<= 0.0 s!2) s!2 0.0)) (- 1.0)))
(assert (not (= (ite (<= 0.0 s!3) s!3 0.0) (ite (<= 0.0 (+ (* 17.0 s!1) (- 1.0))) (+ (* 17.0 s!1) (- 1.0)) 0.0))))
(check-sat)
