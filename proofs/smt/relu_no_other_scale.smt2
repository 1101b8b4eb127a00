; Statement: If ReLU(r y) = s ReLU(y) for all y (already if for y = 1 and y = -1), then r
;   >= 0 and s = r: ReLU has no other scale.
; Source: Section 4, the property after Theorem 2
; Expected: unsat (it holds); the statement is proved.
(set-logic QF_LRA)
(set-info :status unsat)
(declare-const r Real)
(declare-const s Real)
(assert (= (ite (<= 0.0 r) r 0.0) (* s 1.0)))
(assert (= (ite (<= 0.0 (- r)) (- r) 0.0) (* s 0.0)))
(assert (not (and (<= 0.0 r) (= r s))))
(check-sat)
