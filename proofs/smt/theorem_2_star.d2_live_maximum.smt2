; Statement: By Definition 6* the greedy relation M is the unique maximum and N/M computes
;   N, on the networks that refute uniqueness for weighted sums.
; This part: d2_live: a rho for the greedy relation (q is 1/rho); the replay compares it
;   with every other relation
; Source: Theorem 2 with Definition 6*
; Expected: sat (some numbers are so); the statement is proved.
(set-logic QF_NRA)
(set-info :status sat)
(declare-const q_z1 Real)
(declare-const q_z2 Real)
(declare-const q_n Real)
(declare-const q_v Real)
(declare-const q_t Real)
(declare-const q_w Real)
(assert (< 0.0 q_z1))
(assert (< 0.0 q_z2))
(assert (< 0.0 q_n))
(assert (< 0.0 q_v))
(assert (< 0.0 q_t))
(assert (< 0.0 q_w))
(assert (= (* q_v 0.0) (* q_t 0.0)))
(assert (= (* q_v q_n) (* q_t q_n)))
(assert (= (* q_v 0.0) (* q_w 0.0)))
(assert (= (* q_v q_n) (* q_w q_n)))
(check-sat)
