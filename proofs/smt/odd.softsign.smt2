; Statement: For all y: sign(-y) = -sign(y), softsign(-y) = -softsign(y), and Shrink(-y) =
;   -Shrink(y) for all limits >= 0 and all biases.
; This part: softsign
; Source: the rule of symmetries
; Expected: unsat (no numbers are so); the statement is proved.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const y Real)
(assert (not (= (/ (- y) (+ 1.0 (ite (<= 0.0 (- y)) (- y) (- (- y))))) (- (/ y (+ 1.0 (ite (<= 0.0 y) y (- y))))))))
(check-sat)
