(******************************************************************************)
(*  One row: what `unit_right` and `same_unit` accept is so.                  *)
(*                                                                            *)
(*  valued t d d' E == what a target stands for, E being the columns          *)
(*   placed ... p == the same for the target at p; 0 where there is none      *)
(******************************************************************************)

From Coq Require Import QArith List Bool Lia Setoid Morphisms Lqa.
From lumpcheck Require Import Network Trees Segments Vectors SegmentsCorrect
  Check.
Import ListNotations.
Open Scope Q_scope.

(* ------------------------------------------------------------- numbers *)
Lemma zeros_dot a h : zeros a = true -> dot a h == 0.
Proof.
  revert h. induction a as [|x a IH]; intros h; simpl; [easy|].
  rewrite andb_true_iff, Z.eqb_eq. intros [-> z].
  destruct h as [|y h]; [easy|]. rewrite IH by easy. unfold inject_Z. ring.
Qed.

Lemma same_multiples_dot x y a : forall b h, same_multiples x y a b = true ->
  inject_Z x * dot a h == inject_Z y * dot b h.
Proof.
  induction a as [|u a IH]; intros [|v b] h;
    cbn [same_multiples]; try easy.
  - intros _. simpl. ring.
  - rewrite orb_true_iff, Z.eqb_eq. intros [->|z].
    + rewrite dot_nil_l. unfold inject_Z at 1. ring.
    + rewrite (zeros_dot (u :: a)), dot_nil_l by easy. ring.
  - rewrite andb_true_iff, Z.eqb_eq. intros [uv ab].
    destruct h as [|z h]; simpl; [ring|].
    rewrite !Qmult_plus_distr_r, IH by eassumption.
    rewrite !Qmult_assoc, <- !inject_Z_mult, uv. reflexivity.
Qed.

Lemma reduced_pair_factor a b : exists g,
  a = (g * fst (reduced_pair a b))%Z /\ b = (g * snd (reduced_pair a b))%Z.
Proof.
  unfold reduced_pair. destruct (Z.eqb_spec a b) as [->|_].
  - exists b. cbn [fst snd]. lia.
  - destruct (_ && _) eqn:E.
    + apply andb_true_iff in E as [x y]. rewrite Z.eqb_eq in *.
      now exists (Z.gcd a b).
    + exists 1%Z. cbn [fst snd]. lia.
Qed.

Lemma proportional_dot x y a b h : proportional x y a b = true ->
  inject_Z x * dot a h == inject_Z y * dot b h.
Proof.
  unfold proportional. destruct (reduced_pair_factor x y) as [g [ex ey]].
  destruct (reduced_pair x y) as [x' y']. simpl in *. intros same.
  rewrite ex, ey, !inject_Z_mult, <- !Qmult_assoc.
  now rewrite (same_multiples_dot x' y' a b h same).
Qed.

Lemma equal_integers a b : a = b -> inject_Z a == inject_Z b.
Proof. now intros ->. Qed.

Lemma forall2b_map {A B} (f : A -> B -> bool) (g : A -> Q) (g' : B -> Q) a :
  (forall x y, f x y = true -> g x == g' y) ->
  forall b, forall2b f a b = true -> map g a =~ map g' b.
Proof.
  intros right. induction a as [|x a IH]; intros [|y b]; simpl; try easy.
  rewrite andb_true_iff. intros [xy ab].
  constructor; [now apply right | now apply IH].
Qed.

(* ------------------------------------------------------------- one row *)
Definition valued (t d d' : positive) (E : list Q) (x : target) : Q :=
  match x with
  | Real r => unit_of d' E r
  | Ghost lead l s =>
      (inject_Z (Zpos t) * dot lead E + inject_Z l) * (1 # d) / inject_Z s
  | Nobody => 0
  end.
Definition placed t d d' E (targets : tree target) (p : path) : Q :=
  match get targets p with Some x => valued t d d' E x | None => 0 end.

Lemma nonzero s : negb (s =? 0)%Z = true -> ~ inject_Z s == 0.
Proof.
  rewrite negb_true_iff, Z.eqb_neq. intros s0 E. apply s0.
  unfold inject_Z, Qeq in E. simpl in E. lia.
Qed.

Lemma from_product a b c : ~ c == 0 -> c * a == c * b -> a == b.
Proof. intros c0 E. now apply (Qmult_inj_l a b c c0). Qed.

Lemma rest_value t d r c :
  inject_Z (snd r) ==
  (inject_Z (rest t d r c) + inject_Z (constant c) * inject_Z (Zpos d))
    * (1 # t).
Proof.
  unfold rest. rewrite over. unfold Z.sub.
  rewrite inject_Z_plus, inject_Z_opp, !inject_Z_mult.
  field. apply positive_nonzero.
Qed.

Lemma unit_right_correct t d d' targets E r c :
  unit_right t d d' targets r c = true ->
  unit_of d E r == claimed t (placed t d d' E targets) c.
Proof.
  unfold unit_right, unit_of, claimed. rewrite (rest_value t d r c).
  assert (t0 := positive_nonzero t). assert (d0 := positive_nonzero d).
  set (k := rest t d r c).
  destruct (column c) as [p|]; cbn [entry]; unfold placed.
  - destruct (get targets p) as [[[a b]|lead l s|]|]; try easy; cbn [fst snd].
    + rewrite andb_true_iff. intros [ab kb].
      apply proportional_dot with (h := E) in ab.
      apply Z.eqb_eq, equal_integers in kb.
      assert (d'0 := positive_nonzero d').
      unfold valued, unit_of. cbn [fst snd]. rewrite !inject_Z_mult in *.
      rewrite !over. set (S := inject_Z (scale c)) in *.
      set (K := inject_Z (constant c)) in *.
      set (D := inject_Z (Zpos d)) in *. set (D' := inject_Z (Zpos d')) in *.
      set (T := inject_Z (Zpos t)) in *.
      apply from_product with (c := T * D' * D);
        [intros z; apply Qmult_integral in z as [z|z]; [|easy];
         now apply Qmult_integral in z as [z|z]|].
      transitivity (T * D' * dot (fst r) E + inject_Z k * D' + K * D * D');
        [field; now split|].
      rewrite ab, kb. field. now split.
    + rewrite !andb_true_iff. intros [[s0 al] kl].
      apply proportional_dot with (h := E) in al.
      apply Z.eqb_eq, equal_integers in kl. apply nonzero in s0.
      unfold valued. rewrite !inject_Z_mult in *. rewrite !over.
      set (S := inject_Z (scale c)) in *.
      set (K := inject_Z (constant c)) in *.
      set (D := inject_Z (Zpos d)) in *. set (T := inject_Z (Zpos t)) in *.
      apply from_product with (c := T * inject_Z s * D);
        [intros z; apply Qmult_integral in z as [z|z]; [|easy];
         now apply Qmult_integral in z as [z|z]|].
      transitivity (T * (inject_Z s * dot (fst r) E)
                    + inject_Z k * inject_Z s + K * D * inject_Z s);
        [field; now split|].
      rewrite al, kl. field. now repeat split.
  - rewrite andb_true_iff. intros [a k0]. rewrite zeros_dot by easy.
    apply Z.eqb_eq in k0. rewrite k0, !over. unfold inject_Z at 1.
    field. now split.
Qed.

Lemma same_unit_correct d d' E r r' :
  same_unit d d' r r' = true -> unit_of d E r == unit_of d' E r'.
Proof.
  unfold same_unit, unit_of. rewrite andb_true_iff. intros [ab kb].
  apply proportional_dot with (h := E) in ab.
  apply Z.eqb_eq, equal_integers in kb. rewrite !inject_Z_mult in kb.
  rewrite !over. assert (d0 := positive_nonzero d).
  assert (d'0 := positive_nonzero d').
  apply from_product with (c := inject_Z (Zpos d) * inject_Z (Zpos d'));
    [intros z; now apply Qmult_integral in z as [z|z]|].
  transitivity (inject_Z (Zpos d') * dot (fst r) E
                + inject_Z (snd r) * inject_Z (Zpos d')); [now field|].
  rewrite ab, kb. now field.
Qed.
