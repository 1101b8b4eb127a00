; Statement: For all y: |-y| = |y|, (-y)^2 = y^2.
; This part: abs
; Source: the rule of symmetries
; Expected: unsat (no numbers are so); the statement is proved.
(set-logic QF_LRA)
(set-info :status unsat)
(declare-const y Real)
(assert (not (= (ite (<= 0.0 (- y)) (- y) (- (- y))) (ite (<= 0.0 y) y (- y)))))
(check-sat)
