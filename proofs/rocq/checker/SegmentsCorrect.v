(******************************************************************************)
(*  Multiplied out or layer by layer, the vector is the same.                 *)
(*                                                                            *)
(* inside cols f == every column that the form f speaks of is one of `cols`   *)
(******************************************************************************)

From Coq Require Import QArith List Lia Setoid Morphisms.
From lumpcheck Require Import Network Trees Segments Vectors.
Import ListNotations.
Open Scope Q_scope.

Definition inside (cols : list path) (f : form) : Prop :=
  match f with
  | Thin _ claims =>
      Forall (fun c => forall p, column c = Some p -> In p cols) claims
  | _ => True
  end.

(* ------------------------------------------------- sums over a column *)
Fixpoint weighted (e : path -> Q) (r : list Z) (claims : list claim) : Q :=
  match r, claims with
  | x :: r, c :: claims =>
      inject_Z x * (inject_Z (scale c) * entry e (column c))
        + weighted e r claims
  | _, _ => 0
  end.

Definition over_columns v e cols (t : tree members) : Q :=
  dot (map (fun p => total v (listed t p)) cols) (map e cols).

Lemma over_columns_modify v e cols t p q s :
  NoDup cols -> In p cols -> get t p <> None ->
  over_columns v e cols (modify t p (cons (q, s))) ==
  over_columns v e cols t + inject_Z (read v q) * (inject_Z s * e p).
Proof.
  intros nodup I there. unfold over_columns.
  assert (forall q', listed (modify t p (cons (q, s))) q' =
                if path_eqb q' p then (q, s) :: listed t q' else listed t q')
    as eq.
  { intros q'. unfold listed. rewrite get_modify.
    destruct (path_eqb q' p) eqn:E; [|easy].
    apply path_eqb_eq in E as ->.
    destruct (get t p) eqn:G; [easy | now destruct there]. }
  induction nodup as [|q' cols out nodup IH]; [easy|]. simpl.
  rewrite eq. destruct (path_eqb q' p) eqn:E.
  - apply path_eqb_eq in E as ->. simpl.
    rewrite inject_Z_plus, inject_Z_mult.
    enough (map (fun p0 => total v (listed (modify t p (cons (q, s))) p0)) cols
            = map (fun p0 => total v (listed t p0)) cols) as -> by ring.
    apply map_ext_in. intros q' I'. rewrite eq.
    destruct (path_eqb q' p) eqn:E; [|easy].
    now apply path_eqb_eq in E as ->.
  - rewrite IH; [ring|]. destruct I as [->|I]; [|easy].
    now rewrite (proj2 (path_eqb_eq p p) eq_refl) in E.
Qed.

Lemma over_columns_collect v e cols claims : forall at_ t,
  NoDup cols ->
  Forall (fun c => forall p, column c = Some p -> In p cols) claims ->
  (forall p, In p cols -> get t p <> None) ->
  over_columns v e cols (collect claims at_ t) ==
  over_columns v e cols t + weighted e (map (read v) at_) claims.
Proof.
  induction claims as [|c claims IH]; intros [|a at_] t nodup known there;
    simpl; try ring.
  inversion_clear known as [|? ? here known'].
  destruct (column c) as [p|] eqn:E.
  - rewrite IH; auto.
    + rewrite over_columns_modify; auto. simpl. ring.
    + intros q I. rewrite get_modify.
      destruct (path_eqb q p); [|now apply there].
      specialize (there q I). now destruct (get t q).
  - rewrite IH; auto. simpl. ring.
Qed.

Lemma weighted_pad e claims : forall n r, (length claims <= n)%nat ->
  weighted e (pad n r) claims == weighted e r claims.
Proof.
  induction claims as [|c claims IH]; intros [|n] [|x r]; simpl; try easy;
    try lia; intros le; rewrite IH by lia; [|reflexivity].
  change (inject_Z 0) with 0. destruct claims; simpl; ring.
Qed.

Lemma dot_claimed d e claims : forall r,
  inject_Z (Zpos d) * dot r (map (claimed d e) claims) ==
  weighted e r claims + inject_Z (shift r claims).
Proof.
  induction claims as [|c claims IH]; intros [|x r]; simpl;
    try (change (inject_Z 0) with 0; ring).
  rewrite Qmult_plus_distr_r, IH, inject_Z_plus, inject_Z_mult.
  unfold claimed. rewrite over. field. apply positive_nonzero.
Qed.

Lemma listed_blank cols : forall p, listed (blank cols) p = [].
Proof.
  unfold listed, blank. induction cols as [|q cols IH]; intros p; [easy|].
  simpl. destruct (here_or_succ p) as [->|[q' ->]].
  - now rewrite get_push_here.
  - rewrite get_push_succ. apply IH.
Qed.

Lemma over_columns_blank v e cols rest :
  dot (map (fun p => total v (listed (blank rest) p)) cols) (map e cols) == 0.
Proof.
  induction cols as [|p cols IH]; [easy|]. simpl.
  rewrite IH, listed_blank. simpl. change (inject_Z 0) with 0. ring.
Qed.

Lemma deep_enough claims : (length claims <= 2 ^ depth claims)%nat.
Proof.
  unfold depth. destruct (length claims) as [|[|n]]; [simpl; lia | easy |].
  apply (Nat.log2_up_spec (S (S n))). lia.
Qed.

Lemma dot_aggregated d e n claims r :
  let cols := enum n in
  Forall (fun c => forall p, column c = Some p -> In p cols) claims ->
  inject_Z (Zpos d) * dot r (map (claimed d e) claims) ==
  dot (aggregated (depth claims) (plan cols claims) r) (map e cols)
    + inject_Z (shift r claims).
Proof.
  intros cols known. rewrite dot_claimed. unfold aggregated, plan.
  rewrite map_map. set (v := fst (pour (depth claims) r)).
  rewrite (over_columns_collect v e cols claims
             (addresses (depth claims)) (blank cols)).
  - unfold over_columns. rewrite over_columns_blank.
    unfold v. rewrite (proj1 (pour_correct (depth claims) r)).
    rewrite weighted_pad by apply deep_enough. ring.
  - apply enum_nodup.
  - easy.
  - intros p I.
    assert (In p (enum (length (map (fun _ => @nil (address * Z)) cols)))) as I'
      by now rewrite map_length; unfold cols; rewrite enum_length.
    destruct (in_get _ _ I') as [x E]. unfold blank. now rewrite E.
Qed.

(* ------------------------------------------------------ layer by layer *)
Lemma inside_zip {A} (a : list A) (f : A -> claim -> claim) cols claims :
  (forall x c, column (f x c) = column c) ->
  inside cols (Thin 1 claims) -> inside cols (Thin 1 (zip f a claims)).
Proof.
  simpl. intros same known. revert a.
  induction known as [|c claims here known IH]; intros [|x a]; simpl;
    constructor; auto. now rewrite same.
Qed.

Lemma behind_inside cols L f : inside cols f -> inside cols (behind cols L f).
Proof.
  destruct L as [d rows|d rows], f as [|t claims|t before]; try easy.
  - intros _. simpl.
    enough (forall l, (forall p, In p l -> In p cols) -> Forall
              (fun c => forall p, column c = Some p -> In p cols)
              (zip (fun (r : Z * Z) p => Claim (Some p) (fst r) (snd r))
                 rows l))
      as sub by now apply sub.
    revert rows. intros rows. induction rows as [|r rows IH];
      intros [|p l] within; simpl; constructor.
    + simpl. injection 1 as <-. apply within. now left.
    + apply IH. intros q I. apply within. now right.
  - exact (inside_zip rows
      (fun r c => Claim (column c) (fst r * scale c)
                    (fst r * constant c + snd r * Zpos t))
      cols claims (fun _ _ => eq_refl)).
Qed.

Lemma behind_correct n e L f : let cols := enum n in inside cols f ->
  formed cols e (behind cols L f) =~ apply L (formed cols e f).
Proof.
  intros cols known.
  destruct L as [d rows|d rows], f as [|t claims|t before]; simpl.
  - reflexivity.
  - rewrite map_map. apply eqv_map. intros [r b] _. unfold unit_of.
    cbn [fst snd].
    rewrite inject_Z_plus, inject_Z_mult, !over, inject_product.
    assert (E := dot_aggregated t e n claims r known).
    fold cols in E. symmetry in E.
    setoid_replace (dot (aggregated (depth claims) (plan cols claims) r)
                           (map e cols))
      with (inject_Z (Zpos t) * dot r (map (claimed t e) claims)
              - inject_Z (shift r claims)) by (rewrite <- E; ring).
    field. split; apply positive_nonzero.
  - rewrite map_map. apply eqv_map. intros [r b] _. unfold unit_of at 1.
    cbn [fst snd]. rewrite (dot_mixed t). unfold unit_of at 2. cbn [fst snd].
    rewrite dot_nil_l, inject_Z_mult, !over, inject_product.
    field. split; apply positive_nonzero.
  - rewrite map_zip, zip_map. apply eqv_zip. intros [a b] p _ _.
    unfold claimed. simpl. reflexivity.
  - rewrite map_zip, zip_map. apply eqv_zip. intros [a b] c _ _.
    unfold claimed. simpl.
    rewrite inject_Z_plus, !inject_Z_mult, !over, inject_product.
    field. split; apply positive_nonzero.
  - rewrite map_zip, zip_map. apply eqv_zip. intros [a b] [r k] _ _.
    unfold unit_of. cbn [fst snd].
    rewrite dot_scaled, inject_Z_plus, !inject_Z_mult, !over, inject_product.
    field. split; apply positive_nonzero.
Qed.

Lemma thick_correct n e f : let cols := enum n in inside cols f ->
  map (unit_of (fst (thick cols f)) (map e cols)) (snd (thick cols f)) =~
  formed cols e f.
Proof.
  intros cols known. destruct f as [|d claims|d rows];
    cbn [thick formed fst snd].
  - rewrite map_map. apply eqv_map. intros p I. unfold unit_of.
    cbn [fst snd]. rewrite dot_only; [| apply enum_nodup | easy].
    unfold inject_Z. ring.
  - rewrite map_map. apply eqv_map. intros c I. unfold unit_of, claimed.
    cbn [fst snd]. apply Forall_forall with (x := c) in known; [|easy].
    destruct (column c) as [p|].
    + rewrite dot_only; [reflexivity | apply enum_nodup | now apply known].
    + simpl. unfold inject_Z at 2. ring.
  - reflexivity.
Qed.

Lemma multiply_correct n e f s : let cols := enum n in inside cols f ->
  map (unit_of (fst (multiply cols f s)) (map e cols)) (snd (multiply cols f s))
  =~ run s (formed cols e f).
Proof.
  intros cols. unfold multiply. revert f.
  induction s as [|L s IH]; intros f known; simpl.
  - now apply thick_correct.
  - rewrite IH; [|now apply behind_inside]. unfold run. simpl. fold (run s).
    apply run_proper. now apply behind_correct.
Qed.
