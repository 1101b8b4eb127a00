; Statement: Units that always compute the same can be merged: v = ReLU(2 u1 + 1) and t =
;   ReLU(u2 + 1) with u1 = ReLU(x), u2 = ReLU(2x).
; This part: v and t are the same function
; Source: Definition 6 as printed
; Expected: unsat (no numbers are so); the statement is refuted.
(set-logic QF_LRA)
(set-info :status unsat)
(declare-const x Real)
(define-fun s!0 () Real (+ (* 2.0 (ite (<= 0.0 x) x 0.0)) 1.0))
(define-fun s!1 () Real (+ (ite (<= 0.0 (* 2.0 x)) (* 2.0 x) 0.0) 1.0))
(assert (not (= (ite (<= 0.0 s!0) s!0 0.0) (ite (<= 0.0 s!1) s!1 0.0))))
(check-sat)
