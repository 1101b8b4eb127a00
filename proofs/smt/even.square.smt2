; Statement: For all y: |-y| = |y|, (-y)^2 = y^2.
; This part: square
; Source: the rule of symmetries
; Expected: unsat (no numbers are so); the statement is proved.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const y Real)
(assert (not (= (* (- y) (- y)) (* y y))))
(check-sat)
