; Statement: N/R does not depend on the choice of representatives: the same network and
;   relation, represented by v and by t.
; Source: Definition 7 with Definition 6 as printed
; Expected: sat (the solver's model refutes it); the statement is refuted.
(set-logic QF_LRA)
(set-info :status sat)
(declare-const x Real)
(define-fun s!0 () Real (* 2.0 (ite (<= 0.0 x) x 0.0)))
(assert (not (= (ite (<= 0.0 (ite (<= 0.0 x) x 0.0)) (ite (<= 0.0 x) x 0.0) 0.0) (ite (<= 0.0 s!0) s!0 0.0))))
(check-sat)
