(******************************************************************************)
(*  Networks that come to the same forms are equal.                           *)
(*                                                                            *)
(*  e gives every column a value.                                             *)
(*                                                                            *)
(*     value e f == what a form is then                                       *)
(*    models e T == activated columns are what their kinks say                *)
(*       keeps T == kinks are over columns before their own                   *)
(******************************************************************************)

From Coq Require Import QArith List Bool Lia Setoid Morphisms Lqa.
From lumpcheck Require Import Network Trees Segments Vectors Check RowsCorrect
  StepsCorrect Soundness Forms.
Import ListNotations.
Open Scope Q_scope.

Fixpoint sum_value (e : positive -> Q) (l : list (positive * Z)) : Q :=
  match l with
  | [] => 0
  | t :: l => inject_Z (snd t) * e (fst t) + sum_value e l
  end.
Definition total_value e (a : sum) : Q :=
  sum_value e (terms a) + inject_Z (number a).
Definition value e (f : form) : Q := total_value e (above f) * (1 # over f).

(* ---------------------------------------------------------------- sums *)
Lemma merge_value e a : forall b,
  sum_value e (merge a b) == sum_value e a + sum_value e b.
Proof.
  induction a as [|[c x] a IH]; intros b.
  - destruct b; simpl; ring.
  - induction b as [|[d y] b IHb]; [simpl; ring|].
    cbn [merge]. destruct (Pos.compare_spec c d) as [->|_|_].
    + destruct (Z.eqb_spec (x + y) 0) as [z|_]; cbn [sum_value fst snd];
        rewrite IH.
      * assert (inject_Z x + inject_Z y == 0) as E
          by now rewrite <- inject_Z_plus, z.
        transitivity ((inject_Z x + inject_Z y) * e d
                        + (sum_value e a + sum_value e b)); [rewrite E|]; ring.
      * rewrite inject_Z_plus. ring.
    + cbn [sum_value fst snd]. rewrite IH. cbn [sum_value fst snd]. ring.
    + change (sum_value e ((d, y) :: merge ((c, x) :: a) b) ==
              sum_value e ((c, x) :: a) + sum_value e ((d, y) :: b)).
      cbn [sum_value fst snd]. rewrite IHb. cbn [sum_value fst snd]. ring.
Qed.

Lemma plus_value e a b :
  total_value e (plus a b) == total_value e a + total_value e b.
Proof.
  unfold total_value, plus. cbn [terms number].
  rewrite merge_value, inject_Z_plus. ring.
Qed.

Lemma scaled_terms e x l :
  sum_value e (map (fun t => (fst t, (x * snd t)%Z)) l)
  == inject_Z x * sum_value e l.
Proof.
  induction l as [|t l IH]; cbn [sum_value map fst snd]; [ring|].
  rewrite IH, inject_Z_mult. ring.
Qed.

Lemma times_value e x a :
  total_value e (times x a) == inject_Z x * total_value e a.
Proof.
  unfold times. destruct (Z.eqb_spec x 1) as [->|_].
  - change (inject_Z 1) with 1. ring.
  - destruct (Z.eqb_spec x 0) as [->|_].
    + unfold total_value. simpl. change (inject_Z 0) with 0. ring.
    + unfold total_value. cbn [terms number].
      rewrite scaled_terms, inject_Z_mult. ring.
Qed.

Definition all_value e (l : list sum) : Q :=
  fold_right (fun a q => total_value e a + q) 0 l.

Lemma neighbours_value e l : all_value e (neighbours l) == all_value e l.
Proof.
  assert (forall l a, all_value e (neighbours l) == all_value e l /\
            all_value e (neighbours (a :: l)) == all_value e (a :: l)) as both.
  { clear l. induction l as [|b l IH]; intros a; [now split|].
    split; [apply IH|]. cbn [neighbours all_value fold_right].
    fold (all_value e). destruct (IH b) as [IH' _].
    unfold all_value in *. rewrite IH', plus_value. ring. }
  destruct l as [|a l]; [reflexivity | apply both].
Qed.

Lemma zero_sum e : total_value e (Sum [] 0) == 0.
Proof. reflexivity. Qed.

Lemma halved_value e n : forall l, total_value e (halved n l) == all_value e l.
Proof.
  assert (forall l, total_value e (fold_right plus (Sum [] 0) l)
                    == all_value e l) as slow.
  { induction l as [|a l IH]; [reflexivity|]. cbn [fold_right all_value].
    fold (all_value e). rewrite plus_value, IH. reflexivity. }
  induction n as [|n IH]; intros [|a [|b l]].
  - reflexivity.
  - cbn. ring.
  - exact (slow (a :: b :: l)).
  - reflexivity.
  - cbn. ring.
  - cbn [halved]. rewrite IH. apply neighbours_value.
Qed.

Lemma products_value e r : forall l,
  all_value e (products r l) == dot r (map (total_value e) l).
Proof.
  induction r as [|x r IH]; intros [|a l]; try reflexivity.
  cbn [products dot map]. destruct (Z.eqb_spec x 0) as [->|_].
  - rewrite IH. change (inject_Z 0) with 0. ring.
  - cbn [all_value fold_right]. fold (all_value e).
    unfold all_value in *. rewrite IH, times_value. ring.
Qed.

Lemma weighted_sum_value e r l :
  total_value e (weighted_sum r l) == dot r (map (total_value e) l).
Proof. unfold weighted_sum. now rewrite halved_value, products_value. Qed.

Lemma same_terms_value e x y a : forall b, same_terms x y a b = true ->
  inject_Z x * sum_value e a == inject_Z y * sum_value e b.
Proof.
  induction a as [|[c u] a IH]; intros [|[d v] b]; simpl; try easy.
  - intros _. ring.
  - rewrite !andb_true_iff, Pos.eqb_eq, Z.eqb_eq. intros [[-> uv] ab].
    rewrite !Qmult_plus_distr_r, (IH b ab), !Qmult_assoc, <- !inject_Z_mult.
    now rewrite uv.
Qed.

Lemma same_sums_value e x y a b : same_sums x y a b = true ->
  inject_Z x * total_value e a == inject_Z y * total_value e b.
Proof.
  unfold same_sums. rewrite andb_true_iff, Z.eqb_eq. intros [ts ns].
  unfold total_value.
  rewrite !Qmult_plus_distr_r, (same_terms_value e _ _ _ _ ts),
    <- !inject_Z_mult. now rewrite ns.
Qed.

Lemma times_over q d : q * (1 # d) == q / inject_Z (Zpos d).
Proof. reflexivity. Qed.

Lemma same_forms_value e f g :
  same_forms f g = true -> value e f == value e g.
Proof.
  unfold same_forms, value. intros ok.
  apply (same_sums_value e) in ok. rewrite !Vectors.over.
  set (d := inject_Z (Zpos (Forms.over f))) in *.
  set (d' := inject_Z (Zpos (Forms.over g))) in *.
  assert (~ d == 0) by apply positive_nonzero.
  assert (~ d' == 0) by apply positive_nonzero.
  transitivity (d' * total_value e (above f) * / d * / d').
  - now field.
  - rewrite ok. now field.
Qed.

(* --------------------------------------------------------------- forms *)
Lemma divided_value e g f : value e (divided g f) == value e f.
Proof.
  unfold divided. destruct (Zpos (Forms.over f) / g)%Z as [|d|d] eqn:D;
    try reflexivity.
  destruct (_ && _) eqn:ok; [|reflexivity].
  apply andb_true_iff in ok as [dg ok]. apply Z.eqb_eq in dg.
  apply (same_sums_value e) in ok. revert ok.
  unfold value. cbn [above Forms.over].
  set (q := total_value e (Sum _ _)). intros ok.
  rewrite !Vectors.over, <- dg, inject_Z_mult.
  change (inject_Z 1) with 1 in ok. rewrite Qmult_1_l in ok. rewrite <- ok.
  field. split.
  - intros g0. assert (inject_Z (Zpos d * g) == 0) as z
      by (rewrite inject_Z_mult, g0; ring).
    rewrite dg in z. now apply positive_nonzero in z.
  - apply positive_nonzero.
Qed.

Lemma lowest_value e f : value e (lowest f) == value e f.
Proof.
  unfold lowest. destruct (Pos.eqb _ _); [reflexivity|].
  destruct (Z.leb _ _); [reflexivity | apply divided_value].
Qed.

Lemma add_value e f g : value e (add f g) == value e f + value e g.
Proof.
  unfold add, value. destruct (Pos.eqb_spec (Forms.over f) (Forms.over g)) as [E|_].
  - cbn [above Forms.over]. rewrite plus_value, E. ring.
  - cbn [above Forms.over]. rewrite plus_value, !times_value, !Vectors.over, inject_product.
    field. split; apply positive_nonzero.
Qed.

Lemma fraction n d : n # d == inject_Z n / inject_Z (Zpos d).
Proof. unfold Qeq. simpl. lia. Qed.

Lemma scaled_value e q f : value e (scaled q f) == q * value e f.
Proof.
  destruct q as [n d]. unfold scaled, value. cbn [above Forms.over Qnum Qden].
  rewrite times_value, !Vectors.over, inject_product, fraction.
  field. split; apply positive_nonzero.
Qed.

Lemma alone_value e q c : value e (alone q c) == q * e c.
Proof.
  destruct q as [n d]. unfold alone, value, total_value.
  cbn [above Forms.over terms number Qnum Qden].
  rewrite Vectors.over, fraction. change (inject_Z 0) with 0.
  destruct (Z.eqb_spec n 0) as [->|_]; simpl;
    change (inject_Z 0) with 0; field; apply positive_nonzero.
Qed.

Lemma ratio_value q : ratio q == q.
Proof.
  unfold ratio. set (g := Z.gcd _ _).
  destruct (Zpos (Qden q) / g)%Z as [|d|d] eqn:D; try reflexivity.
  destruct (_ && _) eqn:ok; [|reflexivity].
  apply andb_true_iff in ok as [n0 d0].
  apply Z.eqb_eq in n0. apply Z.eqb_eq in d0.
  destruct q as [n b]. unfold Qeq. cbn [Qnum Qden] in *.
  set (x := (n / g)%Z) in *. rewrite <- d0, <- n0. ring.
Qed.

Lemma removed_value e c l :
  sum_value e l ==
  inject_Z (factor_of c l) * e c + sum_value e (others c l).
Proof.
  induction l as [|[d x] l IH]; [simpl; change (inject_Z 0) with 0; ring|].
  cbn [factor_of fold_right others filter fst snd sum_value].
  fold (factor_of c l) (others c l).
  destruct (Pos.eqb_spec d c) as [->|_]; cbn [negb]; rewrite IH.
  - rewrite inject_Z_plus. ring.
  - cbn [sum_value fst snd]. ring.
Qed.

(* ------------------------------------------------------------- columns *)
Definition find T c := at_ c (known_ T).
Definition models e T : Prop := forall c k, find T c = Some k ->
  e c == activate (bends k) (value e (behind_it k)).

Lemma activate_rate a x :
  activate a x = if Qle_bool 0 x then x else rate a * x.
Proof. reflexivity. Qed.

Lemma not_le_bool x y : Qle_bool x y = false -> y < x.
Proof.
  intros no. apply Qnot_le_lt. rewrite <- Qle_bool_iff. now rewrite no.
Qed.

Lemma activate_cases a x :
  0 <= x /\ activate a x = x \/ x < 0 /\ activate a x = rate a * x.
Proof.
  rewrite activate_rate. destruct (Qle_bool 0 x) eqn:X.
  - left. now apply Qle_bool_iff in X.
  - right. now apply not_le_bool in X.
Qed.

Lemma side_up e T c sloped g :
  models e T -> side T c sloped = Some g -> 0 <= value e g.
Proof.
  intros ok. unfold side. fold (find T c).
  destruct (find T c) as [k|] eqn:F; [|easy]. apply ok in F.
  injection 1 as <-. set (a := if sloped then _ else 1).
  set (x := value e (behind_it k)) in *.
  assert (value e (add (alone 1 c) (scaled (- a) (behind_it k)))
          == activate (bends k) x - a * x) as found.
  { rewrite add_value, alone_value, scaled_value, F. fold x. ring. }
  destruct (Qle_bool (rate (bends k)) 1) eqn:up;
    [apply Qle_bool_iff in up | apply not_le_bool in up];
    rewrite ?scaled_value, found;
    destruct (activate_cases (bends k) x) as [[pos ->]|[neg ->]];
    unfold a; destruct sloped; nra.
Qed.

Lemma without_up e T l : models e T -> forall f g,
  without T l f = Some g -> 0 <= value e g -> 0 <= value e f.
Proof.
  intros ok. induction l as [|[[c sloped] q] l IH]; intros f g; simpl.
  - now injection 1 as <-.
  - destruct (side T c sloped) as [s|] eqn:S; [|easy].
    assert (up := side_up e T c sloped s ok S).
    destruct (Qle_bool 0 q) eqn:pos; [|easy]. apply Qle_bool_iff in pos.
    intros W rest. specialize (IH _ _ W rest).
    rewrite lowest_value, add_value, scaled_value in IH. nra.
Qed.

Definition case_holds e T (t : positive * bool) : Prop := forall k,
  find T (fst t) = Some k ->
  e (fst t) == (if snd t then rate (bends k) else 1) * value e (behind_it k).

Lemma replaced_value e k c a f :
  e c == a * value e (behind_it k) ->
  value e (replaced k c a f) == value e f.
Proof.
  intros is_. unfold replaced. set (x := factor_of c (terms (above f))).
  destruct (Z.eqb_spec x 0) as [_|_]; [reflexivity|].
  rewrite lowest_value, add_value, scaled_value.
  unfold value at 1 3, total_value. cbn [above Forms.over terms number].
  rewrite (removed_value e c (terms (above f))). fold x.
  rewrite is_, !fraction. change (inject_Z 1) with 1.
  field. apply positive_nonzero.
Qed.

Lemma in_cases_value e T l : Forall (case_holds e T) l -> forall f g,
  in_cases T l f = Some g -> value e g == value e f.
Proof.
  induction 1 as [|[c sloped] l here _ IH]; intros f g; cbn [in_cases].
  - now injection 1 as <-.
  - fold (find T c). destruct (find T c) as [k|] eqn:F; [|easy].
    intros more. rewrite (IH _ _ more). apply replaced_value.
    specialize (here k F). exact here.
Qed.

Lemma never_negative_up e T t : models e T -> forall l f,
  Forall (case_holds e T) l ->
  never_negative T t l f = true -> 0 <= value e f.
Proof.
  intros ok. induction t as [m|c t IHt t' IHt']; intros l f cases; simpl.
  - destruct (without T m f) as [g|] eqn:W; [|easy].
    destruct (in_cases T l g) as [[d [[|] n]]|] eqn:C; try easy.
    intros n0. apply (without_up e T m ok f g W).
    rewrite <- (in_cases_value e T l cases _ _ C).
    unfold value, total_value. simpl. apply Z.leb_le in n0.
    unfold Qle, inject_Z. simpl. lia.
  - rewrite andb_true_iff. intros [high low].
    destruct (find T c) as [k|] eqn:F.
    + assert (is_ := ok c k F).
      destruct (activate_cases (bends k) (value e (behind_it k)))
        as [[_ E]|[_ E]]; rewrite E in is_.
      * apply (IHt ((c, false) :: l)); [|easy]. constructor; [|easy].
        intros k' F'. cbn [fst snd] in *. rewrite F in F'.
        injection F' as <-. rewrite is_. ring.
      * apply (IHt' ((c, true) :: l)); [|easy]. constructor; [|easy].
        intros k' F'. cbn [fst snd] in *. rewrite F in F'.
        injection F' as <-. exact is_.
    + apply (IHt ((c, false) :: l)); [|easy]. constructor; [|easy].
      intros k' F'. cbn [fst] in F'. now rewrite F in F'.
Qed.

Lemma on_column_value e k c f q p : on_column k c f = Some (q, p) ->
  value e f == q * e c + p * value e (behind_it k).
Proof.
  unfold on_column. set (x := factor_of c (terms (above f))).
  set (rest := Sum (others c (terms (above f))) (number (above f))).
  set (h := above (behind_it k)).
  assert (value e f ==
          (x # Forms.over f) * e c + total_value e rest * (1 # Forms.over f))
    as split_.
  { unfold value, total_value, rest. cbn [terms number].
    rewrite (removed_value e c (terms (above f))). fold x.
    rewrite !fraction. change (inject_Z 1) with 1.
    field. apply positive_nonzero. }
  destruct (terms rest) as [|[c0 u] more] eqn:R.
  - destruct (Z.eqb_spec (number rest) 0) as [n0|]; [|easy].
    injection 1 as <- <-. rewrite split_. unfold total_value at 1.
    rewrite R, n0. simpl. change (inject_Z 0) with 0. ring.
  - destruct (terms h) as [|[c1 v] more'] eqn:H; [easy|].
    destruct (_ && _) eqn:ok; [|easy].
    apply andb_true_iff in ok as [v0 ok].
    apply negb_true_iff, Z.eqb_neq in v0.
    apply (same_sums_value e) in ok. injection 1 as <- <-.
    rewrite split_, ratio_value. unfold value. fold h.
    assert (~ inject_Z v == 0) as v1 by (unfold Qeq; simpl; lia).
    rewrite !fraction, !inject_Z_mult. change (inject_Z 1) with 1.
    setoid_replace (total_value e rest)
      with (inject_Z u * total_value e h / inject_Z v)
      by (rewrite <- ok; now field).
    field. repeat split; auto using positive_nonzero.
Qed.

Lemma on_it_value e k c a q p :
  e c == activate (bends k) (value e (behind_it k)) ->
  ~ rate (bends k) == 1 ->
  value e (on_it k c a q p) ==
  activate a (q * e c + p * value e (behind_it k)).
Proof.
  intros is_ bent. unfold on_it. set (s := rate (bends k)) in *.
  set (h := value e (behind_it k)) in *.
  set (high := if Qle_bool 0 (q + p) then _ else _).
  set (low := if Qle_bool 0 (s * q + p) then _ else _).
  set (q' := ratio ((high - low) / (1 - s))).
  set (p' := ratio ((low - s * high) / (1 - s))).
  assert (~ 1 - s == 0) as s1 by (intros z; apply bent; lra).
  assert (q' * e c + p' * h == activate a (q * e c + p * h)) as core.
  { unfold q', p'. rewrite !ratio_value, is_.
    destruct (activate_cases (bends k) h) as [[pos ->]|[neg ->]].
    - transitivity (high * h); [now field|].
      transitivity (activate a ((q + p) * h));
        [|apply activate_proper; ring].
      unfold high. destruct (Qle_bool 0 (q + p)) eqn:E.
      + apply Qle_bool_iff in E.
        destruct (activate_cases a ((q + p) * h)) as [[_ ->]|[no _]];
          [reflexivity|nra].
      + apply not_le_bool in E.
        destruct (activate_cases a ((q + p) * h)) as [[no ->]|[_ ->]].
        * assert ((q + p) * h == 0) as -> by nra.
          transitivity (rate a * ((q + p) * h)); [ring|].
          assert ((q + p) * h == 0) as -> by nra. ring.
        * ring.
    - fold s. transitivity (low * h); [now field|].
      transitivity (activate a ((s * q + p) * h));
        [|apply activate_proper; ring].
      unfold low. destruct (Qle_bool 0 (s * q + p)) eqn:E.
      + apply Qle_bool_iff in E.
        destruct (activate_cases a ((s * q + p) * h)) as [[no ->]|[_ ->]].
        * assert ((s * q + p) * h == 0) as -> by nra.
          transitivity (rate a * ((s * q + p) * h)); [ring|].
          assert ((s * q + p) * h == 0) as -> by nra. ring.
        * ring.
      + apply not_le_bool in E.
        destruct (activate_cases a ((s * q + p) * h)) as [[_ ->]|[no _]];
          [reflexivity|nra]. }
  rewrite <- core. destruct (Z.eqb_spec (Qnum p') 0) as [z|_].
  - assert (p' == 0) as -> by (unfold Qeq; rewrite z; reflexivity).
    rewrite alone_value. ring.
  - rewrite lowest_value, add_value, alone_value, scaled_value. reflexivity.
Qed.

(* ------------------------------------------------- one unit, one layer *)
Definition extends (T T' : table) : Prop :=
  forall c k, find T c = Some k -> find T' c = Some k.
Definition below_ (n : positive) (f : form) : Prop :=
  forall t, In t (terms (above f)) -> (fst t < n)%positive.
Definition keeps (T : table) : Prop := forall c k, find T c = Some k ->
  (c < next T)%positive /\ below_ c (behind_it k).

Lemma models_before e T T' : extends T T' -> models e T' -> models e T.
Proof. intros more ok c k F. exact (ok c k (more c k F)). Qed.

Lemma extends_trans T T' T'' :
  extends T T' -> extends T' T'' -> extends T T''.
Proof. intros one two c k F. exact (two c k (one c k F)). Qed.

Definition reaches (e : positive -> Q) (n : positive) (T : table) : Prop :=
  keeps T /\ (n <= next T)%positive /\
  exists e', models e' T /\ forall c, (c < n)%positive -> e' c == e c.

Lemma value_agrees e e' f n : below_ n f ->
  (forall c, (c < n)%positive -> e' c == e c) -> value e' f == value e f.
Proof.
  intros low same. unfold value, total_value.
  enough (sum_value e' (terms (above f)) == sum_value e (terms (above f)))
    as -> by reflexivity.
  unfold below_ in low. induction (terms (above f)) as [|t l IH]; [reflexivity|].
  simpl. rewrite IH by (intros t' I; apply low; now right).
  rewrite same by (apply low; now left). reflexivity.
Qed.

Lemma at_put {A} c (y : A) : forall m, at_ c (put c y m) = Some y.
Proof. induction c; intros [|l x r]; simpl; auto. Qed.

Lemma at_others {A} c (y : A) : forall m d, d <> c ->
  at_ d (put c y m) = at_ d m.
Proof.
  induction c as [c IH|c IH|]; intros [|l x r] [d|d|] ne; simpl; try easy;
    try (rewrite IH; [|congruence]); now try destruct d.
Qed.

Lemma find_added T c k n :
  find (Table n (put (next T) k (known_ T))) c =
  if Pos.eqb c (next T) then Some k else find T c.
Proof.
  unfold find. cbn [known_]. destruct (Pos.eqb_spec c (next T)) as [->|ne].
  - apply at_put.
  - now apply at_others.
Qed.

Lemma added_reaches e n T k :
  reaches e n T -> below_ (next T) (behind_it k) ->
  let T' := Table (Pos.succ (next T)) (put (next T) k (known_ T)) in
  reaches e n T' /\ extends T T'.
Proof.
  intros [kept [far [e' [ok same]]]] low T'. split; [split; [|split]|].
  - intros c k'. unfold T'. rewrite find_added.
    destruct (Pos.eqb_spec c (next T)) as [->|_].
    + injection 1 as <-. split; [apply Pos.lt_succ_diag_r | exact low].
    + intros F. destruct (kept c k' F) as [c_low k_low].
      split; [simpl; lia | easy].
  - simpl. lia.
  - set (e'' := fun c => if Pos.eqb c (next T)
                         then activate (bends k) (value e' (behind_it k))
                         else e' c).
    assert (forall c, (c < next T)%positive -> e'' c == e' c) as agree.
    { intros c lt. unfold e''. destruct (Pos.eqb_spec c (next T)); [lia|].
      reflexivity. }
    exists e''. split.
    + intros c k'. unfold T'. rewrite find_added.
      unfold e'' at 1. destruct (Pos.eqb_spec c (next T)) as [->|_].
      * injection 1 as <-. apply activate_proper. symmetry.
        exact (value_agrees e' e'' _ _ low agree).
      * intros F. rewrite (ok c k' F). apply activate_proper. symmetry.
        destruct (kept c k' F) as [c_low k_low].
        apply (value_agrees e' e'' _ c k_low).
        intros d lt. apply agree. lia.
    + intros c lt. rewrite <- same by easy. apply agree. lia.
  - intros c k' F. unfold T'. rewrite find_added.
    destruct (Pos.eqb_spec c (next T)) as [->|_]; [|easy].
    destruct (kept _ _ F) as [lt _]. lia.
Qed.

Definition step e n T T' := reaches e n T -> reaches e n T' /\ extends T T'.

Lemma step_refl e n T : step e n T T.
Proof. intros ok. split; [easy|]. now intros c k. Qed.

Lemma step_trans e n T T' T'' :
  step e n T T' -> step e n T' T'' -> step e n T T''.
Proof.
  intros one two ok. destruct (one ok) as [ok' more].
  destruct (two ok') as [ok'' more']. split; [easy|].
  now apply extends_trans with T'.
Qed.

Lemma activated_form_correct e0 n a T T' h f f' :
  activated_form a T h f = Some (T', f') ->
  step e0 n T T' /\
  forall e, models e T' -> value e f' == activate a (value e f).
Proof.
  destruct h as [|c|[|] t]; simpl.
  - destruct (forallb _ _) eqn:low; [|easy]. injection 1 as <- <-. split.
    + intros ok. apply added_reaches; [easy|]. intros t I.
      rewrite forallb_forall in low. now apply Pos.ltb_lt, low.
    + intros e ok. rewrite alone_value.
      assert (F := ok (next T) (Kink f a)). rewrite find_added in F.
      rewrite Pos.eqb_refl in F. rewrite (F eq_refl). cbn [bends behind_it].
      ring.
  - fold (find T c). destruct (find T c) as [k|] eqn:F; [|easy].
    destruct (Qeq_bool _ 1) eqn:bent; [easy|].
    destruct (on_column k c f) as [[q p]|] eqn:On; [|easy].
    injection 1 as <- <-. split; [apply step_refl|]. intros e ok.
    rewrite on_it_value.
    + apply activate_proper. symmetry. now apply on_column_value.
    + now apply ok.
    + intros one. apply Qeq_eq_bool in one. now rewrite bent in one.
  - destruct (never_negative T t [] f) eqn:up; [|easy].
    injection 1 as <- <-. split; [apply step_refl|]. intros e ok.
    assert (pos := never_negative_up e T t ok [] f (Forall_nil _) up).
    destruct (activate_cases a (value e f)) as [[_ ->]|[no _]];
      [reflexivity|lra].
  - destruct (never_negative T t [] (scaled (-1) f)) eqn:up; [|easy].
    injection 1 as <- <-. split; [apply step_refl|]. intros e ok.
    assert (pos := never_negative_up e T t ok [] _ (Forall_nil _) up).
    rewrite scaled_value in pos. rewrite lowest_value, scaled_value.
    destruct (activate_cases a (value e f)) as [[no ->]|[_ ->]];
      [|reflexivity].
    assert (value e f == 0) as -> by lra. ring.
Qed.

Lemma activated_forms_correct e0 n a hs : forall T T' fs fs',
  activated_forms a T hs fs = Some (T', fs') ->
  (reaches e0 n T -> reaches e0 n T' /\ extends T T') /\
  (reaches e0 n T -> forall e, models e T' ->
     map (value e) fs' =~ map (activate a) (map (value e) fs)).
Proof.
  induction hs as [|h hs IH]; intros T T' [|f fs] fs'; simpl; try easy.
  - injection 1 as <- <-. split; [apply step_refl|]. simpl. constructor.
  - destruct (activated_form a T h f) as [[T1 f1]|] eqn:one; [|easy].
    destruct (activated_forms a T1 hs fs) as [[T2 fs2]|] eqn:more; [|easy].
    injection 1 as <- <-.
    destruct (activated_form_correct e0 n _ _ _ _ _ _ one) as [step1 val1].
    destruct (IH _ _ _ _ more) as [step2 val2].
    split; [exact (step_trans _ _ _ _ _ step1 step2)|].
    intros ok e fits. destruct (step1 ok) as [ok1 _].
    destruct (step2 ok1) as [_ more1]. simpl. constructor.
    + apply val1. now apply models_before with T2.
    + now apply val2.
Qed.

(* -------------------------------------------------------------- layers *)
Lemma brought_value e d f a : brought d f = Some a ->
  total_value e a == inject_Z (Zpos d) * value e f.
Proof.
  unfold brought. set (x := (Zpos d / Zpos (Forms.over f))%Z).
  destruct (Z.eqb_spec (x * Zpos (Forms.over f)) (Zpos d)) as [E|_]; [|easy].
  injection 1 as <-. unfold value.
  rewrite times_value, <- E, inject_Z_mult, Vectors.over.
  field. apply positive_nonzero.
Qed.

Lemma all_brought_value e d fs : forall l, all_brought d fs = Some l ->
  map (total_value e) l =~
  map (fun f => inject_Z (Zpos d) * value e f) fs.
Proof.
  induction fs as [|f fs IH]; intros l; simpl.
  - injection 1 as <-. constructor.
  - destruct (brought d f) as [a|] eqn:B; [|easy].
    destruct (all_brought d fs) as [l'|]; [|easy]. injection 1 as <-.
    simpl. constructor; [now apply brought_value | now apply IH].
Qed.

Lemma shifted_value e b a :
  total_value e (shifted b a) == total_value e a + inject_Z b.
Proof.
  unfold shifted. destruct (Z.eqb_spec b 0) as [->|_].
  - change (inject_Z 0) with 0. ring.
  - unfold total_value. cbn [terms number]. rewrite inject_Z_plus. ring.
Qed.

Lemma dot_multiple e d fs r :
  dot r (map (fun f => inject_Z (Zpos d) * value e f) fs) ==
  inject_Z (Zpos d) * dot r (map (value e) fs).
Proof.
  revert r. induction fs as [|f fs IH]; intros [|x r]; simpl; try ring.
  rewrite IH. ring.
Qed.

Lemma behind_layer_value e L fs fs' : behind_layer L fs = Some fs' ->
  map (value e) fs' =~ apply L (map (value e) fs).
Proof.
  unfold behind_layer. set (d := fold_left _ fs 1%positive).
  destruct (all_brought d fs) as [l|] eqn:B; [|easy].
  injection 1 as <-. apply (all_brought_value e) in B.
  destruct L as [m rows|m rows]; simpl.
  - rewrite map_map. apply eqv_map. intros [r b] _. unfold unit_of, value at 1.
    cbn [fst snd above Forms.over].
    rewrite shifted_value, weighted_sum_value, B, dot_multiple, !Vectors.over,
      inject_product, inject_Z_mult.
    field. split; apply positive_nonzero.
  - revert l B rows. clearbody d.
    induction fs as [|f fs IH]; intros [|a l] B rows; inversion B; subst.
    + destruct rows as [|[x b] rows]; constructor.
    + destruct rows as [|[x b] rows]; simpl; constructor.
      * unfold value at 1. cbn [above Forms.over].
        rewrite shifted_value, times_value.
        match goal with H : total_value e a == _ |- _ => rewrite H end.
        rewrite !Vectors.over, inject_product, inject_Z_mult.
        field. split; apply positive_nonzero.
      * now apply IH.
Qed.

Lemma map_lowest e fs : map (value e) (map lowest fs) =~ map (value e) fs.
Proof.
  rewrite map_map. apply eqv_map. intros f _. apply lowest_value.
Qed.

Lemma behind_run_value e s : forall fs fs', behind_run s fs = Some fs' ->
  map (value e) fs' =~ run s (map (value e) fs).
Proof.
  induction s as [|L s IH]; intros fs fs'; simpl.
  - now injection 1 as <-.
  - destruct (behind_layer L fs) as [fs1|] eqn:B; [|easy]. intros more.
    rewrite (IH _ _ more). unfold run. simpl. fold (run s).
    apply run_proper. rewrite map_lowest. now apply behind_layer_value.
Qed.

(* ------------------------------------------------------------ networks *)
Lemma through_correct e0 n N : forall T hs fs T' fs',
  through T N hs fs = Some (T', fs') ->
  (reaches e0 n T -> reaches e0 n T' /\ extends T T') /\
  (reaches e0 n T -> forall e, models e T' ->
     map (value e) fs' =~ outputs N (map (value e) fs)).
Proof.
  induction N as [s|s a N IH]; intros T hs fs T' fs'; simpl.
  - destruct hs; [|easy].
    destruct (behind_run s fs) as [fs1|] eqn:B; [|easy].
    injection 1 as <- <-. split; [apply step_refl|].
    intros _ e _. now apply behind_run_value.
  - destruct (behind_run s fs) as [fs1|] eqn:B; [|easy].
    destruct (is_identity a) eqn:id.
    + intros more. destruct (IH _ _ _ _ _ more) as [step1 val1].
      split; [easy|]. intros ok e fits. rewrite (val1 ok e fits).
      apply outputs_proper.
      transitivity (map (activate a) (map (value e) fs1)).
      * symmetry. apply eqv_map_id. intros x. now apply is_identity_correct.
      * apply map_activate_proper. now apply behind_run_value.
    + destruct hs as [|h hs]; [easy|].
      destruct (activated_forms a T h fs1) as [[T1 fs2]|] eqn:A; [|easy].
      intros more. destruct (IH _ _ _ _ _ more) as [step2 val2].
      destruct (activated_forms_correct e0 n _ _ _ _ _ _ A) as [step1 val1].
      split; [exact (step_trans _ _ _ _ _ step1 step2)|].
      intros ok e fits. destruct (step1 ok) as [ok1 _].
      destruct (step2 ok1) as [_ more1].
      rewrite (val2 ok1 e fits). apply outputs_proper.
      rewrite (val1 ok e (models_before _ _ _ more1 fits)).
      apply map_activate_proper. now apply behind_run_value.
Qed.

Definition reading (x : list Q) (c : positive) : Q :=
  nth (pred (Pos.to_nat c)) x 0.

Lemma numbered_reading x : forall c y,
  map (reading (y ++ x)) (numbered c (length x)) = x \/
  length y <> pred (Pos.to_nat c).
Proof.
  induction x as [|q x IH]; intros c y; [now left|].
  destruct (Nat.eq_dec (length y) (pred (Pos.to_nat c))) as [len|]; [|now right].
  left. simpl. f_equal.
  - unfold reading. rewrite <- len, app_nth2, Nat.sub_diag; [easy | lia].
  - destruct (IH (Pos.succ c) (y ++ [q])) as [E|ne].
    + now rewrite <- app_assoc in E.
    + exfalso. apply ne. rewrite app_length. simpl. lia.
Qed.

Lemma numbered_below c n p :
  In p (numbered c n) -> (Pos.to_nat p < Pos.to_nat c + n)%nat.
Proof.
  revert c. induction n as [|n IH]; intros c; simpl; [easy|].
  intros [<-|I]; [lia|]. specialize (IH _ I). lia.
Qed.

Lemma inputs_value e n :
  map (value e) (inputs_of n) =~ map e (numbered 1 n).
Proof.
  unfold inputs_of. rewrite map_map. apply eqv_map. intros c _.
  rewrite alone_value. ring.
Qed.

Lemma same_functions_correct N N' hs hs' :
  same_functions N N' hs hs' = true ->
  view N = view N' /\ inputs N = inputs N' /\
  forall x, length x = inputs N ->
    outputs (body N) x =~ outputs (body N') x.
Proof.
  unfold same_functions. rewrite !andb_true_iff, Nat.eqb_eq.
  intros [[words same] ok]. apply same_words_eq in words.
  split; [easy|]. split; [easy|]. intros x len.
  set (n := Pos.of_succ_nat (inputs N)) in *.
  set (e0 := reading x).
  assert (reaches e0 n (empty (inputs N))) as start.
  { split; [|split].
    - intros c k. unfold find. simpl. now destruct c.
    - simpl. reflexivity.
    - exists e0. split; [|reflexivity].
      intros c k. unfold find. simpl. now destruct c. }
  destruct (through _ (body N) hs _) as [[T fs]|] eqn:ours; [|easy].
  destruct (through T (body N') hs' _) as [[T' fs']|] eqn:theirs; [|easy].
  destruct (through_correct e0 n _ _ _ _ _ _ ours) as [step1 val1].
  destruct (through_correct e0 n _ _ _ _ _ _ theirs) as [step2 val2].
  destruct (step1 start) as [ok1 _].
  destruct (step2 ok1) as [[_ [_ [e [fits same_e]]]] more].
  assert (map (value e) (inputs_of (inputs N)) =~ x) as given.
  { rewrite inputs_value. rewrite <- len.
    destruct (numbered_reading x 1 []) as [E|ne]; [|now destruct ne].
    simpl in E. rewrite <- E at 2. apply eqv_map. intros c I. apply same_e.
    apply numbered_below in I. unfold n.
    apply Pos2Nat.inj_lt. rewrite SuccNat2Pos.id_succ. lia. }
  transitivity (map (value e) fs).
  - rewrite (val1 start e (models_before _ _ _ more fits)).
    apply outputs_proper. now symmetry.
  - transitivity (map (value e) fs').
    + apply forall2b_map with (2 := ok). intros f g. apply same_forms_value.
    + rewrite (val2 ok1 e fits). now apply outputs_proper.
Qed.
