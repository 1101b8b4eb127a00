; Statement: If R is a lumpability by Definition 6 as printed, N/R computes N: for u1 =
;   ReLU(x), u2 = ReLU(2x), v = ReLU(u1), t = ReLU(u2), y = t and R merging u1, u2 and v,
;   t.
; Source: Theorem 1 with Definition 6 as printed
; Expected: sat (the solver's model refutes it); the statement is refuted.
(set-logic QF_LRA)
(set-info :status sat)
(declare-const x Real)
(define-fun s!0 () Real (ite (<= 0.0 (* 2.0 x)) (* 2.0 x) 0.0))
(assert (not (= (ite (<= 0.0 s!0) s!0 0.0) (ite (<= 0.0 (ite (<= 0.0 x) x 0.0)) (ite (<= 0.0 x) x 0.0) 0.0))))
(check-sat)
