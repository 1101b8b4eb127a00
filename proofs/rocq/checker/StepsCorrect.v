(******************************************************************************)
(*  One segment, one activation: what is known before a step and behind it.   *)
(*                                                                            *)
(*  known n before h h' == the vector h of the original is what the           *)
(*                         relabelling makes of h', which has n units         *)
(******************************************************************************)

From Coq Require Import QArith List Bool Lia Setoid Morphisms Lqa.
From lumpcheck Require Import Network Trees Segments Vectors SegmentsCorrect
  Check RowsCorrect.
Import ListNotations.
Open Scope Q_scope.

(* --------------------------------------------------------- one segment *)
Definition within (r : relabelling) : Prop :=
  Forall (fun c => forall p, column c = Some p ->
            In p (enum (width r + ghosts r))) (units r).
Definition known (n : nat) (before : option relabelling) (h h' : list Q) :=
  length h' = n /\
  match before with
  | None => h =~ h'
  | Some r => within r /\ exists e,
      h =~ map (claimed (over_ r) e) (units r) /\
      (width r = O \/ (width r = n /\ map e (enum n) =~ h'))
  end.

Definition read_off (h : list Q) (p : path) : Q :=
  match get (of_list h) p with Some x => x | None => 0 end.

Lemma map_read_off h : map (read_off h) (enum (length h)) = h.
Proof.
  transitivity (map (fun o => match o with Some x => x | None => 0 end)
                  (map (get (of_list h)) (enum (length h)))).
  - now rewrite map_map.
  - rewrite get_of_list, map_map. apply map_id.
Qed.

Definition ghosts_of (before : option relabelling) : nat :=
  match before with Some r => ghosts r | None => O end.

Lemma known_form n before h h' : known n before h h' -> exists e,
  inside (enum (columns_of n before)) (form_of before) /\
  h =~ formed (enum (columns_of n before)) e (form_of before) /\
  (vanished before = true \/
   map e (enum n) =~ h' /\ columns_of n before = (n + ghosts_of before)%nat).
Proof.
  intros [len same]. destruct before as [r|]; simpl.
  - destruct same as [inr [e [eq link]]]. exists e.
    split; [easy|]. split; [easy|].
    destruct r as [w g d cs]; simpl in *. destruct link as [->|[-> link]].
    + now left.
    + destruct n; [now left|]. right. now split.
  - exists (read_off h').
    assert (map (read_off h') (enum n) = h') as ->
      by now rewrite <- len, map_read_off.
    split; [easy|]. split; [easy|]. right. split; [reflexivity|].
    simpl. lia.
Qed.

Lemma dot_firstn a : forall n h rest, length h = n ->
  dot (firstn n a) (h ++ rest) == dot a h.
Proof.
  induction a as [|x a IH]; intros [|n] [|y h] rest; simpl; try easy.
  intros len. rewrite IH by lia. reflexivity.
Qed.

Lemma theirs_correct n before s e h' d' rows' :
  length h' = n ->
  (vanished before = true \/
   map e (enum n) =~ h' /\ columns_of n before = (n + ghosts_of before)%nat) ->
  theirs n before s = Some (d', rows') ->
  run s h' =~ map (unit_of d' (map e (enum (columns_of n before)))) rows'.
Proof.
  intros len link. unfold theirs.
  set (E := map e (enum (columns_of n before))).
  assert (map (read_off h') (enum n) = h') as E'
    by now rewrite <- len, map_read_off.
  assert (right := multiply_correct n (read_off h') Same s I).
  destruct (multiply (enum n) Same s) as [d rows].
  cbn [formed fst snd] in right. rewrite E' in right. rewrite <- right.
  destruct (vanished before) eqn:gone.
  - destruct (forallb _ _) eqn:blank; [|easy]. injection 1 as <- <-.
    rewrite map_map. apply eqv_map. intros r I. unfold unit_of. cbn [fst snd].
    rewrite forallb_forall in blank. specialize (blank r I). cbn in blank.
    now rewrite zeros_dot.
  - destruct link as [|[link cols]]; [easy|]. unfold E. rewrite cols.
    destruct (has_ghosts before) eqn:haunted; injection 1 as <- <-.
    + destruct (enum_app n (ghosts_of before)) as [more ->].
      rewrite map_app, map_map.
      apply eqv_map. intros r _. unfold unit_of. cbn [fst snd].
      rewrite dot_firstn by now rewrite map_length, enum_length.
      now rewrite link.
    + assert (ghosts_of before = O) as ->
        by now destruct before as [[w [|g] t cs]|].
      rewrite Nat.add_0_r. apply eqv_map. intros r _. now rewrite link.
Qed.

Lemma forall2b_in {A B} (f : A -> B -> bool) a : forall b,
  forall2b f a b = true -> forall y, In y b -> exists x, f x y = true.
Proof.
  induction a as [|x a IH]; intros [|z b]; simpl; try easy.
  rewrite andb_true_iff. intros [xz ab] y [<-|within]; [now exists x|].
  exact (IH b ab y within).
Qed.

Lemma claims_right_correct r d d' rows' rows E :
  claims_right r d d' rows' rows = true ->
  length rows' = width r /\ within r /\ exists e,
    map (unit_of d E) rows =~ map (claimed (over_ r) e) (units r) /\
    map e (enum (width r)) = map (unit_of d' E) rows'.
Proof.
  unfold claims_right. rewrite !andb_true_iff, !Nat.eqb_eq.
  set (all := targets_of _ _ _ _ _ _ _). intros [len [whole right]].
  split; [easy|]. split.
  - apply Forall_forall. intros c I p at_.
    destruct (forall2b_in _ _ _ right c I) as [a ok].
    unfold unit_right in ok. rewrite at_ in ok.
    destruct (get (of_list all) p) as [x|] eqn:G; [|easy].
    rewrite <- whole. exact (get_in all p x G).
  - exists (placed (over_ r) d d' E (of_list all)). split.
    + apply forall2b_map with (2 := right). intros a c.
      apply unit_right_correct.
    + assert (P := get_prefix (map Real rows')
        match ghosts r with
        | O => []
        | S _ => skipn (width r) (leads (over_ r) d (width r + ghosts r) rows
                                    (units r))
        end).
      rewrite map_length, len in P.
      change (map (get (of_list all)) (enum (width r)) =
              map Some (map Real rows')) in P.
      unfold placed.
      rewrite <- (map_map (get (of_list all)) (fun o => match o with
        | Some x => valued (over_ r) d d' E x | None => 0 end)).
      now rewrite P, !map_map.
Qed.

Lemma run_length s : forall h, length (run s h) = run_width (length h) s.
Proof.
  unfold run, run_width. induction s as [|L s IH]; intros h; simpl; [easy|].
  rewrite IH. f_equal. destruct L as [d rows|d rows]; simpl.
  - apply map_length.
  - clear. revert h. induction rows; intros [|y h]; simpl; auto.
Qed.

Lemma eqv_length u v : u =~ v -> length u = length v.
Proof. now induction 1; simpl; [|f_equal]. Qed.

Lemma segment_correct n before s s' after h h' :
  known n before h h' -> segment n before s s' after = true ->
  if vanished after then known n after (run s h) h'
  else known (run_width n s') after (run s h) (run s' h').
Proof.
  intros before_ok. assert (len := proj1 before_ok).
  destruct (known_form n before h h' before_ok) as [e [ins [eq link]]].
  set (E := map e (enum (columns_of n before))).
  assert (mine := multiply_correct (columns_of n before) e (form_of before) s
                    ins).
  cbv zeta in mine. fold E in mine. rewrite <- eq in mine.
  unfold segment, ours. destruct (multiply _ _ s) as [d rows].
  cbn [fst snd] in mine. destruct (vanished after) eqn:gone.
  - destruct after as [r|]; [|easy]. intros right.
    destruct (claims_right_correct r d 1 [] rows E right)
      as [w [inr [e' [vals _]]]].
    split; [easy|]. split; [easy|]. exists e'. split; [now rewrite <- mine|].
    now left.
  - destruct (theirs n before s') as [[d' rows']|] eqn:T; [|easy].
    assert (yours := theirs_correct n before s' e h' d' rows' len link T).
    fold E in yours.
    assert (run_width n s' = length rows') as wide.
    { rewrite <- len, <- run_length, (eqv_length _ _ yours). apply map_length. }
    intros right. split; [now rewrite run_length, len|].
    destruct after as [r|].
    + destruct (claims_right_correct r d d' rows' rows E right)
        as [w [inr [e' [vals reals]]]].
      split; [easy|]. exists e'. split; [now rewrite <- mine|]. right.
      split; [congruence|]. now rewrite wide, w, reals, yours.
    + rewrite <- mine, yours.
      apply forall2b_map with (2 := right). intros a b. apply same_unit_correct.
Qed.

(* ------------------------------------------------------ one activation *)
#[export] Instance activate_proper a : Proper (Qeq ==> Qeq) (activate a).
Proof.
  intros x y xy. unfold activate.
  assert (Qle_bool 0 x = Qle_bool 0 y) as -> by now rewrite xy.
  destruct (Qle_bool 0 y); now rewrite xy.
Qed.

Lemma map_activate_proper a u v :
  u =~ v -> map (activate a) u =~ map (activate a) v.
Proof.
  induction 1 as [|x y u v xy _ IH]; simpl; constructor; [|exact IH].
  now rewrite xy.
Qed.

Lemma activate_scaled a s x : 0 < s -> activate a (s * x) == s * activate a x.
Proof.
  intros s0. unfold activate.
  destruct (Qle_bool 0 x) eqn:X, (Qle_bool 0 (s * x)) eqn:Y;
    rewrite ?Qle_bool_iff in *; try ring.
  - exfalso. apply not_true_iff_false in Y. apply Y. apply Qle_bool_iff. nra.
  - exfalso. apply not_true_iff_false in X. apply X. apply Qle_bool_iff.
    apply Qmult_le_l with (z := s); [easy|]. now rewrite Qmult_0_r.
Qed.

Lemma is_identity_correct a x : is_identity a = true -> activate a x == x.
Proof.
  unfold is_identity, activate. rewrite Z.eqb_eq. intros ->.
  destruct (Qle_bool 0 x); [easy|].
  setoid_replace (Zpos (bottom a) # bottom a) with 1; [ring|].
  unfold Qeq. simpl. lia.
Qed.

Lemma same_slope_correct a b x :
  same_slope a b = true -> activate a x == activate b x.
Proof.
  unfold same_slope, activate. rewrite Z.eqb_eq. intros E.
  destruct (Qle_bool 0 x); [easy|].
  now setoid_replace (top a # bottom a) with (top b # bottom b).
Qed.

Lemma activated_claim_correct a (t : positive) (e : path -> Q) c (c' : claim) :
  activated_claim a c = Some c' ->
  column c' = column c /\
  activate a (claimed t e c) ==
  claimed (t * bottom a) (fun p => activate a (e p)) c'.
Proof.
  unfold activated_claim, claimed. assert (t0 := positive_nonzero t).
  assert (q0 := positive_nonzero (bottom a)).
  destruct (column c) as [p|] eqn:at_.
  - destruct (_ && _) eqn:ok; [|easy]. injection 1 as <-. cbn.
    split; [easy|].
    apply andb_true_iff in ok as [pos k0]. apply Z.eqb_eq in k0 as ->.
    apply Z.ltb_lt in pos.
    assert (0 < inject_Z (scale c) * (1 # t)) as s0.
    { unfold Qlt, inject_Z. simpl. lia. }
    transitivity (activate a ((inject_Z (scale c) * (1 # t)) * e p)).
    + apply activate_proper. unfold inject_Z at 2. ring.
    + rewrite (activate_scaled a _ (e p) s0), inject_Z_mult, !over,
        inject_product.
      change (inject_Z 0) with 0. field. now split.
  - injection 1 as <-. cbn. split; [easy|].
    rewrite !over, inject_product.
    assert (0 < / inject_Z (Zpos t)) as i0 by (apply Qinv_lt_0_compat; easy).
    transitivity (activate a (/ inject_Z (Zpos t) * inject_Z (constant c)));
      [apply activate_proper; field; easy|].
    rewrite (activate_scaled a _ _ i0). unfold activate.
    destruct (0 <=? constant c)%Z eqn:K.
    + assert (Qle_bool 0 (inject_Z (constant c)) = true) as ->.
      { apply Qle_bool_iff. apply Z.leb_le in K. unfold Qle. simpl. lia. }
      rewrite inject_Z_mult. change (inject_Z 0) with 0. field. now split.
    + assert (Qle_bool 0 (inject_Z (constant c)) = false) as ->.
      { apply not_true_iff_false. rewrite Qle_bool_iff.
        apply Z.leb_gt in K. unfold Qle. simpl. lia. }
      rewrite inject_Z_mult.
      setoid_replace (top a # bottom a)
        with (inject_Z (top a) * / inject_Z (Zpos (bottom a))) by
        (unfold Qeq; simpl; lia).
      change (inject_Z 0) with 0. field. now split.
Qed.

Lemma activated_claims_correct a (t : positive) (e : path -> Q) claims :
  forall claims',
  activated_claims a claims = Some claims' ->
  map column claims' = map column claims /\
  map (activate a) (map (claimed t e) claims) =~
  map (claimed (t * bottom a) (fun p => activate a (e p))) claims'.
Proof.
  induction claims as [|c claims IH]; intros claims'; simpl.
  - injection 1 as <-. split; [easy | constructor].
  - destruct (activated_claim a c) as [c'|] eqn:C; [|easy].
    destruct (activated_claims a claims) as [rest'|]; [|easy].
    injection 1 as <-. simpl.
    destruct (activated_claim_correct a t e c c' C) as [-> val].
    destruct (IH rest' eq_refl) as [-> vals].
    split; [easy|]. now constructor.
Qed.

Lemma within_columns (P : path -> Prop) claims claims' :
  map column claims' = map column claims ->
  Forall (fun c => forall p, column c = Some p -> P p) claims ->
  Forall (fun c => forall p, column c = Some p -> P p) claims'.
Proof.
  intros same all. revert claims' same.
  induction all as [|c claims one all IH]; intros [|c' claims']; try easy.
  simpl. injection 1 as eq same. constructor; [now rewrite eq | now apply IH].
Qed.

Lemma eqv_map_id u f : (forall x, f x == x) -> map f u =~ u.
Proof. intros id. induction u; simpl; now constructor. Qed.

Lemma activated_same a before after :
  activated a before = Some after -> vanished after = vanished before.
Proof.
  destruct before as [[w g t cs]|]; simpl; [|now injection 1 as <-].
  destruct (is_identity a); [now injection 1 as <-|].
  destruct (activated_claims a cs); [|easy]. now injection 1 as <-.
Qed.

(* the reduced network's activation may or may not have been taken *)
Lemma activated_correct a n before after h h' :
  known n before h h' -> activated a before = Some after ->
  known n after (map (activate a) h) (map (activate a) h') /\
  (vanished before = true -> known n after (map (activate a) h) h').
Proof.
  intros [len same]. destruct before as [r|]; simpl.
  - destruct same as [inr [e [eq link]]].
    destruct (is_identity a) eqn:id.
    + injection 1 as <-.
      assert (forall x, activate a x == x) as one
        by now intros x; apply is_identity_correct.
      split; [split; [now rewrite map_length|]|intros gone; split; [easy|]];
        (split; [easy|]); exists e;
        rewrite (eqv_map_id _ _ one); (split; [easy|]).
      * destruct link as [w|[w link]]; [now left|]. right. split; [easy|].
        now rewrite (eqv_map_id _ _ one).
      * easy.
    + destruct (activated_claims a (units r)) as [claims|] eqn:C; [|easy].
      injection 1 as <-.
      destruct (activated_claims_correct a (over_ r) e _ _ C) as [cols vals].
      assert (Forall (fun c => forall p, column c = Some p ->
                In p (enum (width r + ghosts r))) claims) as ins
        by exact (within_columns _ _ _ cols inr).
      split; [split; [now rewrite map_length|]|intros gone; split; [easy|]];
        (split; [easy|]); exists (fun p => activate a (e p)); simpl;
        rewrite <- vals, (map_activate_proper a _ _ eq); (split; [easy|]).
      * destruct link as [w|[w link]]; [now left|]. right. split; [easy|].
        rewrite <- (map_map e (activate a)). now apply map_activate_proper.
      * left. now destruct r as [[|w] g t cs].
  - injection 1 as <-. split; [|easy]. split; [now rewrite map_length|].
    now apply map_activate_proper.
Qed.
