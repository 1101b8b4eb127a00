From mathcomp Require Import all_ssreflect all_algebra.
From lumpver Require Import network lumping sweep.

(******************************************************************************)
(* The other half of Theorem 2*: every lumpability* is finer than the one     *)
(* that the sweep finds, which therefore is the maximum, and unique.          *)
(*                                                                            *)
(* refines P c Q d == the blocks P before a layer are finer than Q, and give  *)
(*                  the same ratios rho u / rho t and constants c and d       *)
(* live_sum P W g v == W v u * g u, for the units u before that P does not    *)
(*                  take for constants, added up; if rho P u * g u is the     *)
(*                  same over each block, the class sums determine it         *)
(******************************************************************************)

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory Num.Theory Order.Theory.

Local Open Scope ring_scope.

Section Maximum.

Variables (R : realFieldType) (F : family R).

Definition refines m (P : lump R m) c (Q : lump R m) d :=
  (forall u, cls P u = None -> cls Q u = None /\ c u = d u) /\
  (forall u t, together P u t -> cls Q u = cls Q t /\
     if cls Q u == None then rho P u * d u = rho P t * d t
     else rho P u * rho Q t = rho P t * rho Q u).

Lemma refines_finer m (P : lump R m) c Q d :
  refines P c Q d -> finer_layer P Q.
Proof.
case=> PN PQ; split=> [v /PN[]//|v t vt].
case Pv: (cls P v) => [i|]; last first.
  by have [-> _] := PN v Pv; rewrite Pv in vt; have [-> _] := PN t (esym vt).
by have [|//] := PQ v t; rewrite /together vt -vt Pv eqxx.
Qed.

Section Coherent.

Variables (m n : nat) (P : lump R m) (W : 'M[R]_(n, m)) (g : 'I_m -> R).
Hypothesis g_coherent :
  forall u t, together P u t -> rho P u * g u = rho P t * g t.

Definition live_sum v := \sum_(u | cls P u != None) W v u * g u.

Lemma live_sumE v :
  live_sum v = \sum_i rho P (rep P i) * g (rep P i) * sigma P W v i.
Proof.
rewrite /live_sum (partition_big (cls P) (fun o => o != None)) //=.
rewrite (reindex_omap Some id) /=; last by case.
apply: eq_big => [i|i _]; first by rewrite eqxx.
rewrite /sigma mulr_sumr; apply: eq_big => [u|u /andP[_ /eqP ui]].
  by case: eqP => [->|]; rewrite ?andbF.
rewrite -(g_coherent (together_rep ui)) mulrCA; congr (_ * _).
by rewrite mulrC mulKf // rho_neq0.
Qed.

Lemma live_sum0 v : (forall i, sigma P W v i = 0) -> live_sum v = 0.
Proof.
by move=> v0; rewrite live_sumE big1 // => i _; rewrite v0 mulr0.
Qed.

Lemma live_sum_ratio x y v t :
    (forall i, x * sigma P W v i = y * sigma P W t i) ->
  x * live_sum v = y * live_sum t.
Proof.
move=> vt; rewrite !live_sumE !mulr_sumr; apply: eq_bigr => i _.
by rewrite mulrCA vt mulrCA.
Qed.

End Coherent.

Section Refines.

Variables (m n : nat) (P : lump R m) (c : 'I_m -> R).
Variables (P' : lump R m) (c' : 'I_m -> R).
Variables (W : 'M[R]_(n, m)) (b : 'cV[R]_n) (A : 'I_n -> F) (Q : lump R n).
Hypothesis PP' : refines P c P' c'.
Hypothesis Q_ok : lumpable_layer P c W b A Q.

Let block_part C u := if cls P' u == Some C then (rho P' u)^-1 else 0.
Let fixed_part u := if cls P' u == None then c' u else 0.

Lemma block_coherent C u t : together P u t ->
  rho P u * block_part C u = rho P t * block_part C t.
Proof.
case: PP' => _ PQ /PQ[ut]; rewrite /block_part -ut.
case: (cls P' u) => [D|_] /=; last by rewrite !mulr0.
case: eqP => [_ rut|_ _]; last by rewrite !mulr0.
apply: (mulIf (rho_neq0 P' u)); apply: (mulIf (rho_neq0 P' t)).
by rewrite mulfVK ?rho_neq0 // rut [RHS]mulrAC mulfVK ?rho_neq0.
Qed.

Lemma fixed_coherent u t : together P u t ->
  rho P u * fixed_part u = rho P t * fixed_part t.
Proof.
case: PP' => _ PQ /PQ[ut]; rewrite /fixed_part -ut.
by case: eqP => // _ _; rewrite !mulr0.
Qed.

Lemma sigma_live v C : sigma P' W v C = live_sum P W (block_part C) v.
Proof.
rewrite /sigma /live_sum big_mkcond [RHS]big_mkcond; apply: eq_bigr => u _.
rewrite /block_part; case: eqP => [uC|_]; last by rewrite mulr0 if_same.
by case: eqP => // uN; case: PP' => /(_ u uN)[]; rewrite uC.
Qed.

Lemma folded_live v :
  folded P' c' W b v = folded P c W b v + live_sum P W fixed_part v.
Proof.
rewrite /folded -addrA; congr (_ + _); rewrite /live_sum big_mkcond /=.
rewrite [X in _ = X + _]big_mkcond [X in _ = _ + X]big_mkcond -big_split /=.
apply: eq_bigr => u _; rewrite /fixed_part.
case: (eqVneq (cls P u) None) => [uN|_] /=; last first.
  by rewrite add0r; case: eqP => // _; rewrite mulr0.
by case: PP' => /(_ u uN)[-> ->] _; rewrite addr0.
Qed.

Let Q' := greedy_lump P' c' W b A.

Lemma refines_greedy :
  refines Q (constants P c W b A) Q' (constants P' c' W b A).
Proof.
case: Q_ok => Q_fixed Q_live.
split=> [v /Q_fixed s0|v t vt].
  have v_fixed : fixed P' W v.
    apply/forallP=> C; rewrite sigma_live live_sum0 //.
    exact: block_coherent.
  split; first by apply/eqP; rewrite greedy_cls_eq0.
  rewrite /constants folded_live live_sum0 ?addr0 //; exact: fixed_coherent.
have [Avt homA fvt svt] := Q_live v t vt.
have s'vt C : rho Q v * sigma P' W v C = rho Q t * sigma P' W t C.
  rewrite !sigma_live; apply: live_sum_ratio svt.
  exact: block_coherent.
have f'vt : rho Q v * folded P' c' W b v = rho Q t * folded P' c' W b t.
  rewrite !folded_live mulrDr fvt [RHS]mulrDr; congr (_ + _).
  by apply: live_sum_ratio svt; exact: fixed_coherent.
have ratioE x y : rho Q v * x = rho Q t * y -> y = rho Q v / rho Q t * x.
  move=> xy; apply: (mulfI (rho_neq0 Q t)); rewrite -xy mulrA; congr (_ * _).
  by rewrite mulrCA divff ?rho_neq0 // mulr1.
have vt_mul : multiple P' c' W b A (rho Q v / rho Q t) v t.
  apply/multipleP; split=> //; first by rewrite divr_gt0 ?rho_gt0.
  - by case: homA => [|->]; [left|right; rewrite divff ?rho_neq0].
  - exact: ratioE.
  by move=> C; apply: ratioE.
have t_fixed := multiple_fixed vt_mul.
rewrite greedy_cls_eq0.
case v_fixed: (fixed P' W v); rewrite v_fixed in t_fixed.
  split; first by apply/eqP; rewrite /= /greedy_cls v_fixed t_fixed.
  rewrite /constants -Avt (ratioE _ _ f'vt).
  case: homA => [homA|->]; last by rewrite divff ?rho_neq0 ?mul1r.
  rewrite homogeneousP // ?divr_gt0 ?rho_gt0 // mulrA; congr (_ * _).
  by rewrite mulrCA divff ?rho_neq0 // mulr1.
have {v_fixed}v_live := negbT v_fixed; have {t_fixed}t_live := negbT t_fixed.
have vt_canon := canon_eq v_live vt_mul; split.
  have [i vi ri] := greedy_clsE c' b A v_live.
  have [j tj rj] := greedy_clsE c' b A t_live.
  by rewrite /= vi tj; congr Some; apply: enum_val_inj; rewrite ri rj.
rewrite /= /greedy_rho (negPf v_live) (negPf t_live).
have t_mul := canon_multiple c' b A t_live; rewrite -vt_canon in t_mul *.
rewrite (factorE v_live (multiple_trans vt_mul t_mul)) [RHS]mulrCA mulrC.
by congr (_ * _); rewrite mulrCA divff ?rho_neq0 // mulr1.
Qed.

End Refines.

Lemma greedy_max m p (N : net F m p) P c P' c' (L : lumping N) :
  refines P c P' c' -> lumpable P c L -> finer L (greedy N P' c').
Proof.
elim: N P c P' c' L => {m p} // m n p s A N IHN P c P' c' [Q L] PP' [Q_ok L_ok].
have QQ' := refines_greedy PP' Q_ok; split; first exact: refines_finer QQ'.
exact: IHN QQ' L_ok.
Qed.

Theorem coarsest_max m p (N : net F m p) (L : lumping N) :
  is_lumping L -> finer L (coarsest N).
Proof.
apply: greedy_max; split=> // u t /andP[_ /eqP[->]]; split=> //.
Qed.

Theorem coarsest_unique m p (N : net F m p) (M : lumping N) :
    is_lumping M -> (forall L : lumping N, is_lumping L -> finer L M) ->
  finer M (coarsest N) /\ finer (coarsest N) M.
Proof.
by move=> M_ok M_max; split; [exact: coarsest_max | exact/M_max/coarsest_ok].
Qed.

End Maximum.
