; Statement: If inputs are >= 0, weights and bias <= 0, then A(w x + b) = 0, with A the
;   LeakyReLU of a slope a > 0.
; Source: the sign-stable rule, from Section 5
; Expected: sat (the solver's model refutes it); the statement is refuted.
(set-logic QF_NRA)
(set-info :status sat)
(declare-const a Real)
(declare-const x1 Real)
(declare-const x2 Real)
(declare-const w1 Real)
(declare-const w2 Real)
(declare-const b Real)
(define-fun s!0 () Real (+ (* w1 x1) (* w2 x2) b))
(assert (< 0.0 a))
(assert (<= 0.0 x1))
(assert (<= 0.0 x2))
(assert (<= 0.0 (- w1)))
(assert (<= 0.0 (- w2)))
(assert (<= 0.0 (- b)))
(assert (not (= (ite (<= 0.0 s!0) s!0 (* a s!0)) (- b b))))
(check-sat)
