; Statement: For r1, r2 > 0: A(r1 y1 + r2 y2) = r1 A(y1) + r2 A(y2) iff y1 y2 >= 0, with A
;   of any slope a besides 1 on y < 0: the absolute value, a = -1, included.
; Source: Section 4, the equivalence after Theorem 2
; Expected: unsat (it holds); the statement is proved.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const a Real)
(declare-const r1 Real)
(declare-const r2 Real)
(declare-const y1 Real)
(declare-const y2 Real)
(assert (distinct a 1.0))
(assert (< 0.0 r1))
(assert (< 0.0 r2))
(assert (not (= (= (ite (<= 0.0 (+ (* r1 y1) (* r2 y2))) (+ (* r1 y1) (* r2 y2)) (* a (+ (* r1 y1) (* r2 y2)))) (+ (* r1 (ite (<= 0.0 y1) y1 (* a y1))) (* r2 (ite (<= 0.0 y2) y2 (* a y2))))) (<= 0.0 (* y1 y2)))))
(check-sat)
