; Statement: If weights and bias are all >= 0, ReLU(w x + b) = w x + b, whatever the
;   inputs.
; Source: Section 5, which does not say that inputs are >= 0
; Expected: sat (the solver's model refutes it); the statement is refuted.
(set-logic QF_NRA)
(set-info :status sat)
(declare-const w1 Real)
(declare-const w2 Real)
(declare-const b Real)
(declare-const x1 Real)
(declare-const x2 Real)
(define-fun s!0 () Real (+ (* w1 x1) (* w2 x2) b))
(assert (<= 0.0 w1))
(assert (<= 0.0 w2))
(assert (<= 0.0 b))
(assert (not (= (ite (<= 0.0 s!0) s!0 0.0) s!0)))
(check-sat)
