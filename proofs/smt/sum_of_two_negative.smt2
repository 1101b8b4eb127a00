; Statement: For r1 > 0 > r2: y1 y2 >= 0 suffices for ReLU(r1 y1 + r2 y2) = r1 ReLU(y1) +
;   r2 ReLU(y2).
; Source: a wrong generalisation of Section 4, the equivalence after Theorem 2
; Expected: sat (the solver's model refutes it); the statement is refuted.
(set-logic QF_NRA)
(set-info :status sat)
(declare-const r1 Real)
(declare-const r2 Real)
(declare-const y1 Real)
(declare-const y2 Real)
(assert (< 0.0 r1))
(assert (< r2 0.0))
(assert (<= 0.0 (* y1 y2)))
(assert (not (= (ite (<= 0.0 (+ (* r1 y1) (* r2 y2))) (+ (* r1 y1) (* r2 y2)) 0.0) (+ (* r1 (ite (<= 0.0 y1) y1 0.0)) (* r2 (ite (<= 0.0 y2) y2 0.0))))))
(check-sat)
