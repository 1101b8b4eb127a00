; Statement: If M is the coarsest lumpability by Definition 6*, N/M computes N, on the
;   networks that refute the printed definition.
; This part: the example d1_logits
; Source: Theorem 1 with Definition 6*
; Expected: unsat (no numbers are so); the statement is proved.
(set-logic QF_LRA)
(set-info :status unsat)
(declare-const x Real)
(define-fun s!0 () Real (ite (<= 0.0 (ite (<= 0.0 x) x 0.0)) (ite (<= 0.0 x) x 0.0) 0.0))
(define-fun s!1 () Real (ite (<= 0.0 (* 2.0 x)) (* 2.0 x) 0.0))
(assert (not (and (= (* 4.0 s!0) (* 4.0 s!0)) (= (* 3.0 (ite (<= 0.0 s!1) s!1 0.0)) (* 6.0 s!0)))))
(check-sat)
