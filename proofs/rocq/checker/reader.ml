(* TRUSTED. The strict reader of the exact text form (README.md has the grammar).

   Every number has one spelling, every space and newline one place, so that printing what
   was read gives the file back, byte for byte. *)

module I = Z  (* zarith; Checker has a Z of its own *)
open Checker

exception Malformed of string * int * string  (* file, line, what was expected *)

type t = { name : string; text : string; mutable at : int }

let expected r what =
  let line = ref 1 in
  String.iteri (fun i c -> if i < r.at && c = '\n' then incr line) r.text;
  raise (Malformed (r.name, !line, what))

let literal r word =
  let n = String.length word in
  if r.at + n <= String.length r.text && String.sub r.text r.at n = word
  then r.at <- r.at + n
  else expected r (Printf.sprintf "%S" word)

let starts r word =
  let n = String.length word in
  r.at + n <= String.length r.text && String.sub r.text r.at n = word

(* A minus sign perhaps, then 0 or digits that do not start with 0; never -0. *)
let integer r =
  let start = r.at and length = String.length r.text in
  let i = ref (if start < length && r.text.[start] = '-' then start + 1 else start) in
  let first = !i and small = ref 0 in
  while !i < length && r.text.[!i] >= '0' && r.text.[!i] <= '9' do
    small := !small * 10 + Char.code r.text.[!i] - 48;  (* right up to 18 digits *)
    incr i
  done;
  let digits = !i - first in
  if digits = 0 || (r.text.[first] = '0' && (digits > 1 || first > start))
  then expected r "an integer";
  r.at <- !i;
  if digits <= 18 then I.of_int (if first > start then - !small else !small)
  else I.of_substring r.text ~pos:start ~len:(!i - start)

let most = I.of_int (1 lsl 30)
let within r low z =
  if I.lt z low || I.gt z most then expected r "an index or count in range" else z
let count r = I.to_int (within r I.zero (integer r))
let positive r =
  let z = integer r in
  if I.sign z <= 0 then expected r "a positive integer" else z

let repeated r n f =
  let rec go n found = if n = 0 then List.rev found else go (n - 1) (f r :: found) in
  go n []

let after r word f = literal r word; f r

let dense r =
  let n = after r "dense " count in
  let columns = after r " " count in
  if n = 0 && columns > 0 then expected r "no columns where there are no rows";
  let d = after r " over " positive in
  let row r =
    literal r "\n";
    let weights = repeated r columns (fun r -> let z = integer r in literal r " "; z) in
    let bias = integer r in
    (weights, bias) in
  let rows = repeated r n row in
  literal r "\n"; Dense (d, rows)

let diagonal r =
  let n = after r "diagonal " count in
  let d = after r " over " positive in
  let row r = let a = after r "\n" integer in (a, after r " " integer) in
  let rows = repeated r n row in
  literal r "\n"; Diagonal (d, rows)

let slope r =
  let top = after r "slope " integer in
  let bottom = after r " over " positive in
  literal r "\n"; { top; bottom }

let rec chain r layers =
  if starts r "dense " then let l = dense r in chain r (l :: layers)
  else if starts r "diagonal " then let l = diagonal r in chain r (l :: layers)
  else if starts r "slope " then
    let a = slope r in let rest = chain r [] in Step (List.rev layers, a, rest)
  else (literal r "end\n"; Last (List.rev layers))

let words r =
  let stop = try String.index_from r.text r.at '\n' with Not_found -> expected r "a line" in
  let found = List.init (stop - r.at) (fun i -> I.of_int (Char.code r.text.[r.at + i])) in
  r.at <- stop; found

let finished r = if r.at <> String.length r.text then expected r "the end of the file"

let network r =
  literal r "lumpver-network 1\n";
  let view = after r "view " words in
  let inputs = after r "\ninputs " count in
  literal r "\n";
  let body = chain r [] in
  finished r; { view; inputs; body }

let claim r =
  let p = within r I.minus_one (after r "\n" integer) in
  let s = after r " " integer in
  let k = after r " " integer in
  if (I.sign p < 0) <> (I.sign s = 0) then expected r "a scale, unless the column is -1";
  ((p, s), k)

let described r =
  literal r "units ";
  let n = count r in
  let blocks = after r " blocks " count in
  let unobserved = after r " unobserved " count in
  let below = after r " over " positive in
  if blocks + unobserved > n then expected r "at most as many columns as units";
  { blocks; unobserved; below; listed_units = repeated r n claim }

let marking r =
  let counterpart = within r I.minus_one (after r "segment " integer) in
  literal r " ";
  let described_ = if starts r "units " then Some (described r) else (literal r "same"; None) in
  literal r "\n"; { counterpart; described_ }

let rec markings r =
  let m = marking r in
  if starts r "slope " then begin
    let place = within r I.minus_one (after r "slope " integer) in
    literal r "\n";
    let rest = markings r in (m, place) :: rest
  end else (literal r "end\n"; [ (m, I.minus_one) ])

let certificate r =
  literal r "lumpver-relabellings 1\n";
  let found = markings r in
  finished r; found

(* Hints: columns are positive, multipliers fractions as they are written. *)
let column r = I.of_int (1 + I.to_int (within r I.zero (integer r)))

let spaced r = literal r " "

let multiplier r =
  let c = spaced r; column r in
  let sloped = spaced r; if starts r "1" then (literal r "1"; true) else (literal r "0"; false) in
  let top = spaced r; integer r in
  let bottom = spaced r; positive r in
  ((c, sloped), { qnum = top; qden = bottom })

let rec tree r =
  if starts r "\nsplit " then begin
    literal r "\nsplit ";
    let c = column r in
    let above = tree r in
    let below = tree r in Split (c, above, below)
  end else Adds (repeated r (after r "\nadds " count) multiplier)

let hint r =
  literal r "\n";
  if starts r "new" then (literal r "new"; New)
  else if starts r "on " then On (after r "on " column)
  else if starts r "up" then (literal r "up"; Steady (true, tree r))
  else (literal r "down"; Steady (false, tree r))

let rec layers_of_hints r =
  if starts r "units " then begin
    let n = after r "units " count in
    let hints = repeated r n hint in
    literal r "\n";
    let rest = layers_of_hints r in hints :: rest
  end else []

let forms r =
  literal r "lumpver-forms 1\noriginal\n";
  let ours = layers_of_hints r in
  literal r "reduced\n";
  let theirs = layers_of_hints r in
  literal r "end\n";
  finished r; (ours, theirs)

let opened name =
  let file = open_in_bin name in
  Fun.protect ~finally:(fun () -> close_in_noerr file) (fun () ->
    { name; text = really_input_string file (in_channel_length file); at = 0 })
