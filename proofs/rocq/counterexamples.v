From mathcomp Require Import all_ssreflect all_algebra.
From lumpver Require Import network lumping.

(******************************************************************************)
(* The two counterexamples of the theory, over any real field.                *)
(*   D1. Definition 6 as printed, with plain class sums, does not give equal  *)
(*       outputs: a ReLU network, a lumping that the definition accepts, and  *)
(*       the input 1, where the network gives 2 and its quotient 1.           *)
(*   D2. With weighted class sums and constants not folded there is no        *)
(*       maximum: a ReLU network with two maximal lumpings, neither finer     *)
(*       than the other.                                                      *)
(*                                                                            *)
(*  plain_sum P W v i == the weights of unit v over block i, added up         *)
(*       printed P L == Definition 6 as printed                               *)
(*     one_block rho == all units in one block, unit 0 the representative     *)
(*     all_but_one w == units in two blocks, unit w alone in the second       *)
(******************************************************************************)

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory Num.Theory Order.Theory.

Local Open Scope ring_scope.

Section Counterexamples.

Variable R : realFieldType.
Let F := slopes R.
Let relu_code : F := (1, 0).
Let id_code : F := (1, 1).

(** Definition 6 as printed *)

Definition plain_sum m n (P : lump R m) (W : 'M[R]_(n, m)) v i :=
  \sum_(u | cls P u == Some i) W v u.

Arguments plain_sum {m n} P W v i.

Definition printed_layer m n (P : lump R m) (W : 'M[R]_(n, m)) (b : 'cV[R]_n)
    (A : 'I_n -> F) (Q : lump R n) :=
  forall v t, together Q v t ->
    [/\ A v = A t, rho Q v * b v 0 = rho Q t * b t 0 &
        forall i, rho Q v * plain_sum P W v i = rho Q t * plain_sum P W t i].

Fixpoint printed m p (N : net F m p) : lump R m -> lumping N -> Prop :=
  match N with
  | Output _ _ _ _ => fun _ _ => True
  | Hidden _ _ _ s A N => fun P L =>
      printed_layer P (weights s) (offset s) A L.1 /\ @printed _ _ N L.1 L.2
  end.

(** D1 *)

Lemma one_blockK n : pcancel (fun _ : 'I_1 => 0 : 'I_n.+1) (fun=> Some 0).
Proof. by move=> i; rewrite ord1. Qed.

Definition one_block n (r : 'I_n.+1 -> R) (r_gt0 : forall v, 0 < r v) :=
  Lump (@one_blockK n) r_gt0.

Definition two_one (v : 'I_2) : R := if v == 0 then 2%:R else 1.

Lemma two_one_gt0 v : 0 < two_one v.
Proof. by rewrite /two_one; case: ifP; rewrite ?ltr01 ?ltr0n. Qed.

Definition double : 'M[R]_(2, 1) := \col_v (v.+1)%:R.

Definition d1_net : net F 1 1 :=
  Hidden (dense double 0) (fun=> relu_code)
 (Hidden (dense 1%:M 0) (fun=> relu_code)
 (Output (dense (delta_mx 0 1) 0) (fun=> id_code))).

Definition d1_lumping : lumping d1_net :=
  (one_block two_one_gt0, (one_block (fun=> ltr01), tt)).

Lemma ord2P (v : 'I_2) : v = 0 \/ v = 1.
Proof. by case: v => [[|[|//]] v_lt]; [left|right]; apply: val_inj. Qed.

Lemma plain_sumE m n (P : lump R m) (W : 'M[R]_(n, m)) v i :
  plain_sum P W v i = \sum_u if cls P u == Some i then W v u else 0.
Proof. exact: big_mkcond. Qed.

Lemma d1_printed : printed (@id_lump R 1) d1_lumping.
Proof.
split; last split=> //.
  move=> v t _; rewrite !offset_dense weights_dense !mxE !mulr0; split=> // i.
  rewrite !plain_sumE !big_ord_recl !big_ord0 (ord1 i) !mxE /= !addr0.
  by case: (ord2P v) (ord2P t) => -> [] ->; rewrite /two_one /= ?mul1r ?mulr1.
move=> v t _; rewrite !offset_dense weights_dense !mxE !mulr0; split=> // i.
rewrite !plain_sumE !big_ord_recl !big_ord0 (ord1 i) !mxE /=.
by case: (ord2P v) (ord2P t) => -> [] ->; rewrite /= ?addr0 ?add0r.
Qed.

Lemma d1_no_constants : no_constants d1_lumping.
Proof. by []. Qed.

Lemma fire_id n (x : 'cV[R]_n) : fire (fun=> id_code) x = x.
Proof. by apply/colP=> v; rewrite fireE /= slope_id. Qed.

Lemma fire_relu n (x : 'cV[R]_n) :
  (forall v, 0 <= x v 0) -> fire (fun=> relu_code) x = x.
Proof. by move=> x_ge0; apply/colP=> v; rewrite fireE /= slope_ge0 ?mul1r. Qed.

Lemma d1_eval : eval d1_net (const_mx 1) = const_mx 2%:R.
Proof.
have -> : const_mx 1 = 1%:M :> 'M[R]_1.
  by apply/matrixP=> i j; rewrite !mxE !ord1.
have double_ge0 v : 0 <= double v 0 by rewrite mxE ler0n.
rewrite /= fire_id !addr0 mul1mx mulmx1 !fire_relu //.
by apply/colP=> v; rewrite -rowE !mxE.
Qed.

Lemma run11 (W : 'M[R]_1) (b : 'cV[R]_1) a :
  run (dense W b) (const_mx a) = const_mx (W 0 0 * a + b 0 0).
Proof.
by apply/colP=> v; rewrite (ord1 v) !mxE big_ord_recl big_ord0 mxE addr0.
Qed.

Lemma fire11 (A : 'I_1 -> F) a :
  fire A (const_mx a) = const_mx (activate (A 0) a).
Proof. by apply/colP=> v; rewrite (ord1 v) !mxE. Qed.

Lemma sigmaE m n (P : lump R m) (W : 'M[R]_(n, m)) v i :
  sigma P W v i = \sum_u if cls P u == Some i then W v u / rho P u else 0.
Proof. exact: big_mkcond. Qed.

Lemma folded0 m n (P : lump R m) c (W : 'M[R]_(n, m)) b v :
  (forall u, cls P u != None) -> folded P c W b v = b v 0.
Proof.
move=> PN; rewrite /folded big_pred0 ?addr0 // => u; exact: negPf (PN u).
Qed.

Lemma d1_quotient :
  eval (quotient_net d1_lumping) (const_mx 1) = const_mx 1.
Proof.
rewrite /quotient_net; cbn [quotient eval d1_net]; rewrite fire_id.
rewrite !(run11, fire11); congr const_mx.
rewrite 6!mxE !folded0 // !offset_dense !weights_dense !mxE !addr0.
rewrite !sigmaE !big_ord_recl !big_ord0 /= !mxE /two_one /=.
rewrite !(mul0r, add0r, divr1, addr0, mul1r, mulr1).
by rewrite divff ?pnatr_eq0 // mul1r !(slope_ge0 _ _ (@ler01 R), mul1r).
Qed.

Theorem printed_definition_fails :
  exists (N : net (slopes R) 1 1) (L : lumping N) x,
    [/\ printed (id_lump 1) L, no_constants L &
        eval N x != eval (quotient_net L) x].
Proof.
exists d1_net, d1_lumping, (const_mx 1).
split; [exact: d1_printed | exact: d1_no_constants | ].
rewrite d1_eval d1_quotient; apply/eqP=> /colP/(_ 0).
by rewrite !mxE => /eqP; rewrite -(mulr1n 1) eqr_nat.
Qed.

(** D2 *)

Definition d2_weights : 'M[R]_(3, 2) := \matrix_(v, u)
  ((if v == 0 then u == 0 else u == 1)%:R *+
   (if v == 2%:R then 2%N else 1%N)).

Definition d2_net : net F 1 1 :=
  Hidden (dense 0 0) (fun _ : 'I_2 => relu_code)
 (Hidden (dense d2_weights (const_mx 1)) (fun=> relu_code)
 (Output (dense (const_mx 1) 0) (fun=> id_code))).

Lemma ord3P (v : 'I_3) : [\/ v = 0, v = 1 | v = 2%:R].
Proof.
case: v => [[|[|[|//]]] v_lt]; [constructor 1|constructor 2|constructor 3];
by apply: val_inj.
Qed.

Definition one_rep (w : 'I_3) (i : 'I_2) := if i == 1 then w else 0.

Definition one_cls (w v : 'I_3) : option 'I_2 := Some (if v == w then 1 else 0).

Lemma one_repK w : w != 0 -> pcancel (one_rep w) (one_cls w).
Proof.
rewrite /pcancel /one_rep /one_cls => w_neq0 i.
by case: (ord2P i) => -> /=; rewrite ?eqxx // eq_sym ifN.
Qed.

Definition all_but_one w (w_neq0 : w != 0 :> 'I_3) :=
  Lump (one_repK w_neq0) (fun=> @ltr01 R).

Lemma all_but_oneP w w_neq0 v t :
  together (@all_but_one w w_neq0) v t -> v = t \/ v != w /\ t != w.
Proof.
case/andP=> _; rewrite /= /one_cls (inj_eq Some_inj).
by have [->|] := eqVneq v w; have [->|] := eqVneq t w; auto.
Qed.

Definition one_and s (v : 'I_2) : R := if v == 0 then 1 else s.

Lemma one_and_gt0 s : 0 < s -> forall v, 0 < one_and s v.
Proof. by move=> s_gt0 v; rewrite /one_and; case: ifP; rewrite ?ltr01. Qed.

Definition d2_lumping w (w_neq0 : w != 0 :> 'I_3) s (s_gt0 : 0 < s) :
    lumping d2_net :=
  (one_block (one_and_gt0 s_gt0), (all_but_one w_neq0, tt)).

Lemma d2_no_constants w (w_neq0 : w != 0 :> 'I_3) s (s_gt0 : 0 < s) :
  no_constants (d2_lumping w_neq0 s_gt0).
Proof. by []. Qed.

Lemma d2_is_lumping w (w_neq0 : w != 0 :> 'I_3) s (s_gt0 : 0 < s) :
    (forall v, v != w -> \sum_u d2_weights v u / one_and s u = 1) ->
  is_lumping (d2_lumping w_neq0 s_gt0).
Proof.
move=> sumE; split; last split=> //.
  split=> // v t _; split=> //; first by left.
    by rewrite !folded0 // !offset_dense !mxE !mulr0.
  move=> i; rewrite !sigmaE !weights_dense !big1 ?mulr0 // => u _.
    by rewrite mxE mul0r if_same.
  by rewrite mxE mul0r if_same.
split=> // v t vt; split=> //; first by left.
  by rewrite !folded0 // !offset_dense !mxE.
move=> i; rewrite (ord1 i) !sigmaE !weights_dense /= !mul1r.
by case: (all_but_oneP vt) => [->|[/sumE-> /sumE->]].
Qed.

Definition neq10 : (1 : 'I_3) != 0 := isT.
Definition neq20 : (2%:R : 'I_3) != 0 := isT.

Definition d2_left := d2_lumping neq20 (ltr0Sn R 0).
Definition d2_right := d2_lumping neq10 (ltr0Sn R 1).

Lemma d2_left_ok : is_lumping d2_left.
Proof.
apply: d2_is_lumping => v; rewrite !big_ord_recl big_ord0 !mxE /one_and /=.
by case: (ord3P v) => -> //= _; rewrite !(mul0r, add0r, addr0, mulr1n, divr1).
Qed.

Lemma d2_right_ok : is_lumping d2_right.
Proof.
apply: d2_is_lumping => v; rewrite !big_ord_recl big_ord0 !mxE /one_and /=.
case: (ord3P v) => -> //= _.
  by rewrite !(mul0r, add0r, addr0, mulr1n, divr1).
rewrite mul0rn mul0r add0r addr0 divff //.
by rewrite pnatr_eq0.
Qed.

Lemma d2_apart (L : lumping d2_net) :
  no_constants L -> is_lumping L -> ~~ together L.2.1 1 2%:R.
Proof.
case: L => P [Q []] [/= PN [QN _]] [_ [[_ Qok] _]].
apply/negP=> /Qok[_ _]; rewrite !folded0 // offset_dense !mxE !mulr1 => ->.
case Pi: (cls P 1) (PN 1) => [i|//] _ /(_ i)/(mulfI (rho_neq0 _ _)).
rewrite weights_dense !sigmaE !big_ord_recl !big_ord0 !mxE /= !addr0.
have -> : lift ord0 ord0 = 1 :> 'I_2 by apply: val_inj.
rewrite Pi eqxx !mul0rn !mul0r !if_same !add0r.
move/(mulIf (invr_neq0 (rho_neq0 _ _)))/eqP.
by rewrite eqr_nat.
Qed.

Definition maximal m p (N : net F m p) (L : lumping N) :=
  forall M, no_constants M -> is_lumping M -> finer L M -> finer M L.

Lemma d2_maximal w (w_neq0 : w != 0 :> 'I_3) s (s_gt0 : 0 < s) :
    (w == 1) || (w == 2%:R) -> maximal (d2_lumping w_neq0 s_gt0).
Proof.
move=> w12 [P [Q []]] Mc M_ok [[_ PM] [[_ QM] _]].
have := d2_apart Mc M_ok; case: Mc => /= PN [QN _].
rewrite /together QN /= => Q12; split.
  by split=> // v vN; have := PN v; rewrite vN.
split=> //; split=> [v vN|v t vt]; first by have := QN v; rewrite vN.
have Q_01 u : u != w -> cls Q u = cls Q 0.
  by move=> u_w; apply: QM; rewrite /= /one_cls (negPf u_w) eq_sym ifN.
have Q_w u : u != w -> cls Q u != cls Q w.
  move=> /Q_01->; case/orP: w12 Q12 Q_01 => /eqP-> Q12 Q_01.
    by rewrite -(Q_01 2%:R) // eq_sym.
  by rewrite -(Q_01 1).
rewrite /= /one_cls; move: vt.
have [->|v_w] := eqVneq v w; have [->|t_w] := eqVneq t w => // vt.
  by case/eqP: (Q_w t t_w).
by case/eqP: (Q_w v v_w).
Qed.

Theorem two_maxima : exists (N : net (slopes R) 1 1) (L M : lumping N),
  [/\ no_constants L /\ is_lumping L, no_constants M /\ is_lumping M,
      maximal L, maximal M & ~ finer L M /\ ~ finer M L].
Proof.
exists d2_net, d2_left, d2_right; split; try exact: d2_maximal.
- by split; last exact: d2_left_ok.
- by split; last exact: d2_right_ok.
split=> -[_ [[_ le] _]]; first by have := le 0 1 erefl.
by have := le 0 2%:R erefl.
Qed.

Theorem no_maximum : exists N : net (slopes R) 1 1,
  ~ exists M : lumping N, [/\ no_constants M, is_lumping M &
      forall L, no_constants L -> is_lumping L -> finer L M].
Proof.
exists d2_net => -[M [Mc M_ok M_max]].
have [_ [[_ Ml] _]] := M_max d2_left (d2_no_constants _ _) d2_left_ok.
have [_ [[_ Mr] _]] := M_max d2_right (d2_no_constants _ _) d2_right_ok.
have := d2_apart Mc M_ok; rewrite /together.
have -> : cls M.2.1 1 = cls M.2.1 2%:R by rewrite -(Ml 0 1) // (Mr 0 2%:R).
by case: Mc => _ [-> _]; rewrite eqxx.
Qed.

End Counterexamples.
