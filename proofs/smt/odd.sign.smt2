; Statement: For all y: sign(-y) = -sign(y), softsign(-y) = -softsign(y), and Shrink(-y) =
;   -Shrink(y) for all limits >= 0 and all biases.
; This part: sign
; Source: the rule of symmetries
; Expected: unsat (no numbers are so); the statement is proved.
(set-logic QF_LRA)
(set-info :status unsat)
(declare-const y Real)
(assert (not (= (ite (< (- y) 0.0) (- 1.0) (ite (= 0.0 (- y)) 0.0 1.0)) (- (ite (< y 0.0) (- 1.0) (ite (= 0.0 y) 0.0 1.0))))))
(check-sat)
