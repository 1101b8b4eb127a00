; Statement: For all y: sign(-y) = -sign(y), softsign(-y) = -softsign(y), and Shrink(-y) =
;   -Shrink(y) for all limits >= 0 and all biases.
; This part: Shrink
; Source: the rule of symmetries
; Expected: unsat (no numbers are so); the statement is proved.
(set-logic QF_LRA)
(set-info :status unsat)
(declare-const limit Real)
(declare-const y Real)
(declare-const bias Real)
(assert (<= 0.0 limit))
(assert (not (= (ite (< (- y) (- limit)) (+ (- y) bias) (ite (= (- y) (- limit)) 0.0 (ite (< (- y) limit) 0.0 (ite (= (- y) limit) 0.0 (+ (- y) (- bias)))))) (- (ite (< y (- limit)) (+ y bias) (ite (= y (- limit)) 0.0 (ite (< y limit) 0.0 (ite (= y limit) 0.0 (+ y (- bias))))))))))
(check-sat)
