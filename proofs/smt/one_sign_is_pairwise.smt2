; Statement: All of y1, y2, y3 are >= 0 or all are <= 0 iff yi yj >= 0 for all three
;   pairs.
; Source: Section 4, the equivalence after Theorem 2
; Expected: unsat (it holds); the statement is proved.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const y1 Real)
(declare-const y2 Real)
(declare-const y3 Real)
(assert (not (= (or (and (<= 0.0 y1) (<= 0.0 y2) (<= 0.0 y3)) (and (<= y1 0.0) (<= y2 0.0) (<= y3 0.0))) (and (<= 0.0 (* y1 y2)) (<= 0.0 (* y1 y3)) (<= 0.0 (* y2 y3))))))
(check-sat)
