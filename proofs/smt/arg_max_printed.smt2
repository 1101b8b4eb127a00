; Statement: N/R has the same arg max as N: outputs 4v and 3t of the same network.
; Source: Theorem 1 with Definition 6 as printed
; Expected: sat (the solver's model refutes it); the statement is refuted.
(set-logic QF_LRA)
(set-info :status sat)
(declare-const x Real)
(define-fun s!0 () Real (ite (<= 0.0 (ite (<= 0.0 x) x 0.0)) (ite (<= 0.0 x) x 0.0) 0.0))
(define-fun s!1 () Real (ite (<= 0.0 (* 2.0 x)) (* 2.0 x) 0.0))
(define-fun s!2 () Real (* 3.0 (ite (<= 0.0 s!1) s!1 0.0)))
(assert (not (and (or (<= (* 4.0 s!0) s!2) (<= (* 3.0 s!0) (* 4.0 s!0))) (or (<= s!2 (* 4.0 s!0)) (<= (* 4.0 s!0) (* 3.0 s!0))))))
(check-sat)
