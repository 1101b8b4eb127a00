; Statement: For all l <= u and y: Clip(-y) = -Clip(y), about 0.
; Source: nowhere: the centre counts
; Expected: sat (the solver's model refutes it); the statement is refuted.
(set-logic QF_LRA)
(set-info :status sat)
(declare-const l Real)
(declare-const u Real)
(declare-const y Real)
(assert (<= l u))
(assert (not (= (ite (<= (- y) l) l (ite (<= u (- y)) u (- y))) (- (ite (<= y l) l (ite (<= u y) u y))))))
(check-sat)
