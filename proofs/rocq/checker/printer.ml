(* What was read, in the same text form. *)

module I = Z  (* zarith; Checker has a Z of its own *)
open Checker

let number b z = Buffer.add_string b (I.to_string z)

let layer b = function
  | Dense (d, rows) ->
    let columns = match rows with [] -> 0 | (row, _) :: _ -> List.length row in
    Printf.bprintf b "dense %d %d over %a\n" (List.length rows) columns number d;
    List.iter (fun (row, bias) ->
      List.iter (fun z -> number b z; Buffer.add_char b ' ') row;
      Printf.bprintf b "%a\n" number bias) rows
  | Diagonal (d, rows) ->
    Printf.bprintf b "diagonal %d over %a\n" (List.length rows) number d;
    List.iter (fun (a, bias) -> Printf.bprintf b "%a %a\n" number a number bias) rows

let rec chain b = function
  | Last layers -> List.iter (layer b) layers; Buffer.add_string b "end\n"
  | Step (layers, a, rest) ->
    List.iter (layer b) layers;
    Printf.bprintf b "slope %a over %a\n" number a.top number a.bottom;
    chain b rest

let network n =
  let b = Buffer.create 65536 in
  Buffer.add_string b "lumpver-network 1\nview ";
  List.iter (fun z -> Buffer.add_char b (Char.chr (I.to_int z))) n.view;
  Printf.bprintf b "\ninputs %d\n" n.inputs;
  chain b n.body; b

let marking b m =
  Printf.bprintf b "segment %a " number m.counterpart;
  match m.described_ with
  | None -> Buffer.add_string b "same\n"
  | Some r ->
    Printf.bprintf b "units %d blocks %d unobserved %d over %a"
      (List.length r.listed_units) r.blocks r.unobserved number r.below;
    List.iter (fun ((p, s), k) ->
      Printf.bprintf b "\n%a %a %a" number p number s number k) r.listed_units;
    Buffer.add_char b '\n'

let certificate marks =
  let b = Buffer.create 65536 in
  Buffer.add_string b "lumpver-relabellings 1\n";
  let last = List.length marks - 1 in
  List.iteri (fun i (m, place) ->
    marking b m;
    if i < last then Printf.bprintf b "slope %a\n" number place) marks;
  Buffer.add_string b "end\n"; b

let column b c = number b (I.pred c)

let rec tree b = function
  | Split (c, above, below) ->
    Printf.bprintf b "\nsplit %a" column c; tree b above; tree b below
  | Adds l ->
    Printf.bprintf b "\nadds %d" (List.length l);
    List.iter (fun ((c, sloped), q) ->
      Printf.bprintf b " %a %d %a %a" column c (if sloped then 1 else 0) number q.qnum
        number q.qden) l

let hint b = function
  | New -> Buffer.add_string b "\nnew"
  | On c -> Printf.bprintf b "\non %a" column c
  | Steady (up, t) -> Buffer.add_string b (if up then "\nup" else "\ndown"); tree b t

let forms (ours, theirs) =
  let b = Buffer.create 65536 in
  let layer hints =
    Printf.bprintf b "units %d" (List.length hints);
    List.iter (hint b) hints; Buffer.add_char b '\n' in
  Buffer.add_string b "lumpver-forms 1\noriginal\n";
  List.iter layer ours;
  Buffer.add_string b "reduced\n";
  List.iter layer theirs;
  Buffer.add_string b "end\n"; b
