From mathcomp Require Import all_ssreflect all_algebra.
From lumpver Require Import network lumping.

(******************************************************************************)
(* The lumping that one forward sweep finds, greedily, and half of Theorem    *)
(* 2*: it is a lumpability*.                                                  *)
(*                                                                            *)
(*        fixed v == all weighted class sums of unit v are 0: a constant      *)
(* multiple l v t == the sums and the folded bias of t are l times those of   *)
(*                  v, l > 0, with the same activation, which is homogeneous  *)
(*                  or l = 1                                                  *)
(*     factor v t == the only l that can be, if v is not fixed                *)
(*        canon v == the first unit that is a multiple of v                   *)
(*    greedy_lump == units that are not fixed, merged if and only if they are *)
(*                  multiples of one another; rho v = factor v (canon v)      *)
(*   greedy N P c == the lumping of N that the sweep finds, from P and c on   *)
(*     coarsest N == the lumping of N that the sweep finds                    *)
(* all_constants P c L == L takes all units for constants that it can         *)
(******************************************************************************)

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory Num.Theory Order.Theory.

Local Open Scope ring_scope.

Section Greedy.

Variables (R : realFieldType) (F : family R).

Section Sweep.

Variables (m n : nat) (P : lump R m) (c : 'I_m -> R).
Variables (W : 'M[R]_(n, m)) (b : 'cV[R]_n) (A : 'I_n -> F).
Let s v i := sigma P W v i.
Let f v := folded P c W b v.

Definition fixed v := [forall i, s v i == 0].

Definition multiple l v t :=
  [&& A v == A t, 0 < l, homogeneous (A v) || (l == 1), f t == l * f v &
      [forall i, s t i == l * s v i]].

Definition factor v t :=
  if [pick i | s v i != 0] is Some i then s t i / s v i else 1.

Definition canon v := odflt v [pick t | multiple (factor v t) v t].

Lemma multipleP l v t :
  reflect [/\ A v = A t, 0 < l, homogeneous (A v) \/ l = 1, f t = l * f v &
              forall i, s t i = l * s v i] (multiple l v t).
Proof.
apply: (iffP and5P) => -[/eqP-> l_gt0 homA /eqP-> st]; split=> //.
- by case/orP: homA => [|/eqP]; auto.
- by move=> i; apply/eqP/(forallP st).
- by apply/orP; case: homA => [|->]; auto.
by apply/forallP=> i; apply/eqP.
Qed.

Lemma multiple_fixed l v t : multiple l v t -> fixed t = fixed v.
Proof.
case/multipleP=> _ l_gt0 _ _ st; apply: eq_forallb => i.
by rewrite st mulf_eq0 gt_eqF.
Qed.

Lemma factorE l v t : ~~ fixed v -> multiple l v t -> factor v t = l.
Proof.
rewrite /fixed negb_forall => /existsP[i0 si0] /multipleP[_ _ _ _ st].
rewrite /factor; case: pickP => [i si|/(_ i0)]; last by rewrite si0.
by rewrite st mulfK.
Qed.

Lemma multiple_refl v : multiple 1 v v.
Proof. by apply/multipleP; split=> // *; rewrite ?mul1r //; right. Qed.

Lemma multiple_sym l v t : multiple l v t -> multiple l^-1 t v.
Proof.
case/multipleP=> Avt l_gt0 homA ft st; have l_neq0 := lt0r_neq0 l_gt0.
apply/multipleP; split=> //; first by rewrite invr_gt0.
- by rewrite -Avt; case: homA => [|->]; rewrite ?invr1; auto.
- by rewrite ft mulKf.
by move=> i; rewrite st mulKf.
Qed.

Lemma multiple_trans l k v t w :
  multiple l v t -> multiple k t w -> multiple (k * l) v w.
Proof.
case/multipleP=> Avt l_gt0 hom1 ft st /multipleP[Atw k_gt0 hom2 fw sw].
apply/multipleP; split; first by rewrite Avt.
- by rewrite mulr_gt0.
- case: hom1 => [|->]; first by left.
  by case: hom2 => [|->]; rewrite ?Avt ?mulr1; auto.
- by rewrite fw ft mulrA.
by move=> i; rewrite sw st mulrA.
Qed.

Lemma canon_multiple v :
  ~~ fixed v -> multiple (factor v (canon v)) v (canon v).
Proof.
move=> v_live; rewrite /canon; case: pickP => // /(_ v).
by rewrite (factorE v_live (multiple_refl v)) multiple_refl.
Qed.

Lemma canon_live v : ~~ fixed v -> ~~ fixed (canon v).
Proof. by move=> v_live; rewrite (multiple_fixed (canon_multiple v_live)). Qed.

Lemma canon_eq l v t : ~~ fixed v -> multiple l v t -> canon v = canon t.
Proof.
move=> v_live vt; have t_live : ~~ fixed t by rewrite (multiple_fixed vt).
have same : (fun w => multiple (factor v w) v w) =1
            (fun w => multiple (factor t w) t w).
  move=> w; apply/idP/idP => [vw|tw].
    have tw := multiple_trans (multiple_sym vt) vw.
    by rewrite (factorE t_live tw).
  have vw := multiple_trans vt tw.
  by rewrite (factorE v_live vw).
have := canon_multiple v_live; rewrite /canon (eq_pick same).
case: pickP => // /(_ t).
by rewrite (factorE t_live (multiple_refl t)) multiple_refl.
Qed.

Definition reps := [set v | ~~ fixed v && (canon v == v)].

Definition greedy_cls v : option 'I_#|reps| :=
  if fixed v then None else [pick i | enum_val i == canon v].

Definition greedy_rho v := if fixed v then 1 else factor v (canon v).

Lemma greedy_cls_rep v i : canon v = enum_val i -> ~~ fixed v ->
  greedy_cls v = Some i.
Proof.
rewrite /greedy_cls => vi /negPf->; case: pickP => [j|/(_ i)].
  by rewrite vi => /eqP/enum_val_inj->.
by rewrite vi eqxx.
Qed.

Lemma greedy_repK : pcancel (@enum_val _ (mem reps)) greedy_cls.
Proof.
move=> i; have := enum_valP i; rewrite inE => /andP[i_live /eqP iE].
exact: greedy_cls_rep.
Qed.

Lemma greedy_rho_gt0 v : 0 < greedy_rho v.
Proof.
rewrite /greedy_rho; case: ifPn => [_|v_live]; first exact: ltr01.
by case/multipleP: (canon_multiple v_live).
Qed.

Definition greedy_lump : lump R n := Lump greedy_repK greedy_rho_gt0.

Lemma greedy_clsE v : ~~ fixed v ->
  exists2 i, greedy_cls v = Some i & enum_val i = canon v.
Proof.
move=> v_live; have canonK : canon (canon v) = canon v.
  by rewrite -(canon_eq v_live (canon_multiple v_live)).
have v_rep : canon v \in reps by rewrite inE canon_live // canonK eqxx.
exists (enum_rank_in v_rep (canon v)); last by rewrite enum_rankK_in.
by apply: greedy_cls_rep => //; rewrite enum_rankK_in.
Qed.

Lemma greedy_cls_eq0 v : (greedy_cls v == None) = fixed v.
Proof.
case v_fixed: (fixed v); first by rewrite /greedy_cls v_fixed.
by have [i ->] := greedy_clsE (negbT v_fixed).
Qed.

Theorem greedy_layer_ok : lumpable_layer P c W b A greedy_lump.
Proof.
split=> [v /eqP|v t /andP[] /=]; rewrite greedy_cls_eq0.
  by move=> /forallP v_fixed i; apply/eqP/v_fixed.
move=> v_live /eqP vt; have t_live : ~~ fixed t.
  by rewrite -greedy_cls_eq0 -vt greedy_cls_eq0.
have tv : canon t = canon v.
  have [i vi <-] := greedy_clsE v_live; have [j tj <-] := greedy_clsE t_live.
  by congr enum_val; apply: Some_inj; rewrite -tj -vt vi.
have := canon_multiple v_live; have := canon_multiple t_live.
rewrite /greedy_rho (negPf v_live) (negPf t_live) tv.
case/multipleP=> Atr _ hom_t ft st /multipleP[Avr _ hom_v fv sv].
have Avt : A v = A t by rewrite Avr Atr.
split=> //; first 1 last.
- by rewrite -[LHS]fv ft.
- by move=> i; rewrite -[LHS]sv st.
case: hom_v => [|->]; first by left.
by rewrite Avt; case: hom_t => [|->]; [left | right].
Qed.

End Sweep.

(** Whole networks *)

Fixpoint greedy m p (N : net F m p) : lump R m -> ('I_m -> R) -> lumping N :=
  match N as N in net _ m _ return lump R m -> ('I_m -> R) -> lumping N with
  | Output _ _ _ _ => fun _ _ => tt
  | Hidden _ _ _ s A N => fun P c =>
      let Q := greedy_lump P c (weights s) (offset s) A in
      (Q, @greedy _ _ N Q (constants P c (weights s) (offset s) A))
  end.

Definition coarsest m p (N : net F m p) := greedy N (id_lump m) (fun=> 0).

Lemma greedy_ok m p (N : net F m p) P c : lumpable P c (greedy N P c).
Proof.
elim: N P c => {m p} // m n p s A N IHN P c.
by split; [exact: greedy_layer_ok | exact: IHN].
Qed.

Theorem coarsest_ok m p (N : net F m p) : is_lumping (coarsest N).
Proof. exact: greedy_ok. Qed.

(** As in the text of Definition 6*, the constants are all units with sums 0 *)

Fixpoint all_constants m p (N : net F m p) :
    forall P : lump R m, ('I_m -> R) -> lumping N -> Prop :=
  match N with
  | Output _ _ _ _ => fun _ _ _ => True
  | Hidden _ _ _ s A N => fun P c L =>
      (forall v, (forall i, sigma P (weights s) v i = 0) ->
                 cls L.1 v = None) /\
      @all_constants _ _ N L.1 (constants P c (weights s) (offset s) A) L.2
  end.

Lemma greedy_all_constants m p (N : net F m p) P c :
  all_constants P c (greedy N P c).
Proof.
elim: N P c => {m p} // m n p s A N IHN P c; split; last exact: IHN.
move=> v v0; apply/eqP; rewrite greedy_cls_eq0.
by apply/forallP=> i; apply/eqP/v0.
Qed.

Theorem coarsest_all_constants m p (N : net F m p) :
  all_constants (id_lump m) (fun=> 0) (coarsest N).
Proof. exact: greedy_all_constants. Qed.

End Greedy.
