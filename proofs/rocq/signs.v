From mathcomp Require Import all_ssreflect all_algebra.
From lumpver Require Import network.

(******************************************************************************)
(* Two-slope activations: when a linear combination passes through one, that  *)
(* they are exactly the positively homogeneous functions, and that no scale   *)
(* but a positive one passes through them.                                    *)
(*                                                                            *)
(*      sign_sumP == with positive coefficients, a sum passes through an      *)
(*                  activation with two different slopes if and only if all   *)
(*                  terms are >= 0 or all are <= 0                            *)
(* sign_pairwiseP == the same, pairwise: y i * y j >= 0 for all i and j       *)
(*     sign_pairP == the same for two terms, as in the paper                  *)
(*   homogeneousE == positively homogeneous = two slopes                      *)
(*    slope_scaleP == A (s * y) = s' * A y + k for all y if and only if       *)
(*                  s >= 0, s' = s and k = 0 (slopes neither equal nor        *)
(*                  opposite)                                                 *)
(******************************************************************************)

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory Num.Theory Order.Theory.

Local Open Scope ring_scope.

Section Signs.

Variable R : realFieldType.
Implicit Types a b x y s k : R.

Lemma relu_ge0 x : 0 <= relu x.
Proof. by rewrite /relu le_maxr lexx orbT. Qed.

Lemma relu_eq0 x : (relu x == 0) = (x <= 0).
Proof. by rewrite /relu eq_maxr. Qed.

Lemma reluBrelu x : relu x - relu (- x) = x.
Proof.
rewrite /relu; case: (leP x 0) => [x_le0|x_gt0].
  by rewrite max_l ?oppr_ge0 // sub0r opprK.
by rewrite max_r ?subr0 // oppr_le0 ltW.
Qed.

Lemma slopeE a b x : slope a b x = b * x + (a - b) * relu x.
Proof.
rewrite /slope /relu; case: (leP x 0) => [x_le0|x_gt0]; last first.
  by rewrite ltW // -mulrDl addrC subrK.
rewrite mulr0 addr0; case: (lerP 0 x) => // x_ge0.
have /eqP-> : x == 0 by rewrite eq_le x_le0.
by rewrite !mulr0.
Qed.

Lemma relu_subP x y : 0 <= x -> 0 <= y ->
  (relu (x - y) = x <-> x = 0 \/ y = 0).
Proof.
move=> x_ge0 y_ge0; rewrite /relu; split=> [|[->|->]]; last 2 first.
- by rewrite max_r // sub0r oppr_le0.
- by rewrite subr0 max_l.
case: (leP (x - y) 0) => [_ <-|_ /eqP]; first by left.
by rewrite -subr_eq0 addrAC subrr add0r oppr_eq0 => /eqP; right.
Qed.

Section Sums.

Variables (I : finType) (a b : R) (r y : I -> R).
Hypotheses (ab : a != b) (r_gt0 : forall i, 0 < r i).

Lemma sum_relu_eq0 (z : I -> R) :
  \sum_i r i * relu (z i) = 0 <-> forall i, z i <= 0.
Proof.
have rz_ge0 i : true -> 0 <= r i * relu (z i).
  by rewrite mulr_ge0 ?relu_ge0 // ltW.
split=> [/eqP|z_le0]; last first.
  apply: big1 => i _; have := z_le0 i; rewrite -relu_eq0 => /eqP->.
  by rewrite mulr0.
rewrite psumr_eq0 // => /allP z0 i.
have := z0 i (mem_index_enum _); rewrite mulf_eq0 gt_eqF //= relu_eq0.
by [].
Qed.

Theorem sign_sumP :
  slope a b (\sum_i r i * y i) = \sum_i r i * slope a b (y i) <->
  (forall i, 0 <= y i) \/ (forall i, y i <= 0).
Proof.
set p := \sum_i r i * relu (y i); set q := \sum_i r i * relu (- y i).
have sumE : \sum_i r i * y i = p - q.
  rewrite -sumrB; apply: eq_bigr => i _.
  by rewrite -mulrBr reluBrelu.
have -> : \sum_i r i * slope a b (y i) = b * (p - q) + (a - b) * p.
  rewrite -sumE !mulr_sumr -big_split; apply: eq_bigr => i _ /=.
  by rewrite slopeE mulrDr; congr (_ + _); rewrite mulrCA.
have p_ge0 : 0 <= p.
  by apply: sumr_ge0 => i _; rewrite mulr_ge0 ?relu_ge0 // ltW.
have q_ge0 : 0 <= q.
  by apply: sumr_ge0 => i _; rewrite mulr_ge0 ?relu_ge0 // ltW.
have ab0 : a - b != 0 by rewrite subr_eq0.
rewrite sumE slopeE; split=> [/addrI/(mulfI ab0)|y_sign].
  case/(relu_subP p_ge0 q_ge0)=> /sum_relu_eq0 y0; [by right | left=> i].
  by rewrite -oppr_le0.
congr (_ + _ * _); apply/(relu_subP p_ge0 q_ge0).
case: y_sign => y0; [right | left]; apply/sum_relu_eq0=> // i.
by rewrite oppr_le0.
Qed.

Lemma sign_pairwise :
  (forall i, 0 <= y i) \/ (forall i, y i <= 0) <->
  forall i j, 0 <= y i * y j.
Proof.
split=> [[] y_sign i j|yy]; first exact: mulr_ge0.
  exact: mulr_le0.
have [/forallP|] := boolP [forall i, 0 <= y i]; first by left.
rewrite negb_forall => /existsP[i]; rewrite -ltNge => yi_lt0; right=> j.
by have := yy i j; rewrite nmulr_rge0.
Qed.

Corollary sign_pairwiseP :
  slope a b (\sum_i r i * y i) = \sum_i r i * slope a b (y i) <->
  forall i j, 0 <= y i * y j.
Proof. by rewrite sign_sumP sign_pairwise. Qed.

End Sums.

Theorem sign_pairP a b r1 r2 y1 y2 : a != b -> 0 < r1 -> 0 < r2 ->
  slope a b (r1 * y1 + r2 * y2) = r1 * slope a b y1 + r2 * slope a b y2 <->
  0 <= y1 * y2.
Proof.
move=> ab r1_gt0 r2_gt0.
pose r i := if i : bool then r1 else r2.
pose y i := if i : bool then y1 else y2.
have r_gt0 i : 0 < r i by case: i.
have := sign_pairwiseP y ab r_gt0; rewrite !big_bool /= => ->.
split=> [/(_ true false) // | y12 [] [] //=]; rewrite -?expr2 ?sqr_ge0 //.
by rewrite mulrC.
Qed.

Corollary sign_relu r1 r2 y1 y2 : 0 < r1 -> 0 < r2 ->
  relu (r1 * y1 + r2 * y2) = r1 * relu y1 + r2 * relu y2 <-> 0 <= y1 * y2.
Proof.
by move=> *; rewrite -!slope_relu; apply: sign_pairP; rewrite ?oner_eq0.
Qed.

Corollary sign_leaky a r1 r2 y1 y2 : a != 1 -> 0 < r1 -> 0 < r2 ->
  leaky a (r1 * y1 + r2 * y2) = r1 * leaky a y1 + r2 * leaky a y2 <->
  0 <= y1 * y2.
Proof.
by move=> a1 *; rewrite -!slope_leaky; apply: sign_pairP; rewrite 1?eq_sym.
Qed.

(** Homogeneity and scales *)

Theorem homogeneousE (f : R -> R) :
  (forall c, 0 < c -> commutes f c) <-> f =1 slope (f 1) (- f (- 1)).
Proof.
split=> [fc x|fE c c_gt0 x]; last first.
  by rewrite (fE (c * x)) (fE x); apply: slope_commutes.
rewrite /slope; case: ltrgt0P => [x_gt0|x_lt0|->].
- by rewrite -{1}[x]mulr1 fc // mulrC.
- have := fc (- x); rewrite oppr_gt0 => /(_ x_lt0 (- 1)).
  by rewrite mulrN1 opprK => ->; rewrite !mulNr mulrC.
have /eqP := fc 2%:R (ltr0n _ 2) 0; rewrite !mulr0 mulr_natl mulr2n.
by rewrite -subr_eq0 opprD addNKr oppr_eq0 => /eqP.
Qed.

Theorem slope_scaleP a b s s' k : a != b -> a != - b ->
  (forall y, slope a b (s * y) = s' * slope a b y + k) <->
  [/\ 0 <= s, s' = s & k = 0].
Proof.
move=> ab aNb; split=> [sE|[s_ge0 -> ->] y]; last first.
  move: s_ge0; rewrite le_eqVlt addr0 => /predU1P[<-|/slope_commutes -> //].
  by rewrite !mul0r slope0.
have k0 : k = 0 by have := sE 0; rewrite mulr0 slope0 mulr0 add0r.
have s1 : slope a b s = s' * a.
  by have := sE 1; rewrite mulr1 k0 addr0 (slope_ge0 _ _ ler01) mulr1.
have sN1 : slope a b (- s) = - (s' * b).
  have := sE (- 1); rewrite mulrN1 k0 addr0 (slope_le0 _ _ (lerN10 _)).
  by rewrite mulrN1 mulrN.
have [s_ge0|s_lt0] := leP 0 s.
  split=> //; move: s1 sN1; rewrite slope_ge0 // slope_le0 ?oppr_le0 // mulrN.
  rewrite [s' * a]mulrC [s' * b]mulrC => /eqP; rewrite -subr_eq0 -mulrBr.
  rewrite mulf_eq0 => /orP[/eqP a0 /oppr_inj/eqP|/eqP/subr0_eq //].
  rewrite -subr_eq0 -mulrBr mulf_eq0 => /orP[/eqP b0|/eqP/subr0_eq //].
  by rewrite a0 b0 eqxx in ab.
move: s1 sN1; rewrite slope_le0 ?ltW // slope_ge0 ?oppr_ge0 ?ltW // mulrN.
move=> bs /oppr_inj as_; have: s * (a ^+ 2 - b ^+ 2) = 0.
  rewrite mulrBr !expr2 mulrA [s * a]mulrC as_ mulrA [s * b]mulrC bs.
  by rewrite mulrAC subrr.
move/eqP; rewrite mulf_eq0 lt_eqF //= subr_eq0 eqf_sqr.
by rewrite (negPf ab) (negPf aNb).
Qed.

Corollary relu_scaleP s s' k :
  (forall y, relu (s * y) = s' * relu y + k) <-> [/\ 0 <= s, s' = s & k = 0].
Proof.
rewrite -(@slope_scaleP 1 0) ?oppr0 ?oner_eq0 //.
by split=> sE y; have := sE y; rewrite !slope_relu.
Qed.

Corollary leaky_scaleP a s s' k : a != 1 -> a != - 1 ->
  (forall y, leaky a (s * y) = s' * leaky a y + k) <->
  [/\ 0 <= s, s' = s & k = 0].
Proof.
move=> a1 aN1; rewrite -(@slope_scaleP 1 a) 1?eq_sym //; last first.
  by rewrite eqr_oppLR.
by split=> sE y; have := sE y; rewrite !slope_leaky.
Qed.

End Signs.
