; Statement: If inputs, weights and bias are all >= 0, ReLU(w x + b) = w x + b, and so it
;   is with LeakyReLU of any slope: the unit never switches.
; This part: LeakyReLU of slope a
; Source: Section 5
; Expected: unsat (no numbers are so); the statement is proved.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const x1 Real)
(declare-const x2 Real)
(declare-const w1 Real)
(declare-const w2 Real)
(declare-const b Real)
(declare-const a Real)
(define-fun s!0 () Real (+ (* w1 x1) (* w2 x2) b))
(assert (<= 0.0 x1))
(assert (<= 0.0 x2))
(assert (<= 0.0 w1))
(assert (<= 0.0 w2))
(assert (<= 0.0 b))
(assert (not (= (ite (<= 0.0 s!0) s!0 (* a s!0)) s!0)))
(check-sat)
