; Statement: Units that always compute the same can be merged: v = ReLU(2 u1 + 1) and t =
;   ReLU(u2 + 1) with u1 = ReLU(x), u2 = ReLU(2x).
; This part: no rho merges u1, u2 and v, t (q is 1/rho)
; Source: Definition 6 as printed
; Expected: unsat (no numbers are so); the statement is refuted.
(set-logic QF_LRA)
(set-info :status unsat)
(declare-const q_u1 Real)
(declare-const q_u2 Real)
(declare-const q_v Real)
(declare-const q_t Real)
(assert (< 0.0 q_u1))
(assert (< 0.0 q_u2))
(assert (< 0.0 q_v))
(assert (< 0.0 q_t))
(assert (= (* q_u1 0.0) (* q_u2 0.0)))
(assert (= (* q_u1 2.0) (* q_u2 1.0)))
(assert (= (* q_v 1.0) (* q_t 1.0)))
(assert (= (* q_v 1.0) (* q_t 2.0)))
(check-sat)
