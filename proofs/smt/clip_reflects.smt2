; Statement: For all l <= u and y: Clip(l + u - y) = l + u - Clip(y), about its own
;   centre.
; Source: the rule of symmetries
; Expected: unsat (it holds); the statement is proved.
(set-logic QF_LRA)
(set-info :status unsat)
(declare-const l Real)
(declare-const u Real)
(declare-const y Real)
(assert (<= l u))
(assert (not (= (ite (<= (- (+ l u) y) l) l (ite (<= u (- (+ l u) y)) u (- (+ l u) y))) (- (+ l u) (ite (<= y l) l (ite (<= u y) u y))))))
(check-sat)
