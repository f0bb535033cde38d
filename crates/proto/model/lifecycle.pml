/* The life of the exchanges under one key: who opens, claims, hands over, ends,
   closes, removes and leaves, with deaths at any step. WRITERS writers with a text
   each, two readers, two slots; crates/proto/src/closing.rs says the same in prose.

   spin -a lifecycle.pml && gcc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -m200000

   goes through all 46 932 204 states, in 2.5 GB, and finds no error. What must hold:
   nothing that was handed over is lost, nobody is stuck, and whoever comes to text with
   no end behind it is told that its writer is gone.

   RECHECK=0 leaves out the look at the slots behind closing, and spin prints the
   schedule that loses a text. TELL=0 opens a closed word as vacant, whatever it was
   closed over, and spin prints the schedule after which nobody learns that a stream
   has no end. */
#ifndef RECHECK
#define RECHECK 1
#endif
#ifndef TELL
#define TELL 1
#endif
#define OBJECTS 5
#define VACANT 0
#define DEAD 100
#define CLOSED 101
#define CLOSED_DEAD 102           /* closed over a death that was not told yet */
#define END 50                    /* END + n: writer n has ended its stream */
#ifndef MAXDEATHS
#define MAXDEATHS 2
#endif
#ifndef WRITERS
#define WRITERS 2
#endif
#define is_text(c) (c != 0 && c < END)
#define is_end(c) (c >= END)
#define closed(r) (r == CLOSED || r == CLOSED_DEAD)
#define held(r) (r != VACANT && r != DEAD && !closed(r))
#define maydie (deaths < MAXDEATHS)

byte name = 0;                    /* the object that the key leads to; 0: none */
byte made = 0;
byte wr[6]; byte rr[6];           /* role words, by object */
byte c0[6]; byte c1[6];           /* what waits, oldest first */
byte handed; byte printed;        /* a bit for each text */
byte deaths = 0;
byte alive = 0;

inline die(me, o) {
  atomic {
    deaths++;
    if :: wr[o] == me -> wr[o] = DEAD :: else fi;
    if :: rr[o] == me -> rr[o] = DEAD :: else fi;
    alive--; goto gone
  }
}
inline open(o) {
  atomic {
    if :: name == 0 -> assert(made < OBJECTS); made++; name = made :: else fi;
    o = name
  }
}
inline acknowledge(o) { atomic { c0[o] = c1[o]; c1[o] = 0 } }
inline put(o, v) {                /* when a slot is free */
  atomic { c1[o] == 0; if :: c0[o] == 0 -> c0[o] = v :: else -> c1[o] = v fi }
}
/* A death is told to who comes next, as if the word had never been closed. */
inline reopen(o) {
  atomic {
    if :: wr[o] == CLOSED -> wr[o] = VACANT
       :: wr[o] == CLOSED_DEAD -> wr[o] = (TELL -> DEAD : VACANT)
       :: else
    fi
  }
}
/* We hold the reader's role: close, look again, remove; or leave the exchange to others. */
inline close(me, o) {
  if
  :: atomic {
       !held(wr[o]) ->
       if :: wr[o] == VACANT -> wr[o] = CLOSED
          :: wr[o] == DEAD -> wr[o] = CLOSED_DEAD
          :: else             /* by a reader that died over it */
       fi
     };
     if :: maydie -> die(me, o) :: true fi;
     if
     :: RECHECK && (is_text(c0[o]) || (is_end(c0[o]) && c1[o] != 0)) ->
          if :: is_end(c0[o]) -> acknowledge(o) :: else fi;
          if :: maydie -> die(me, o) :: true fi;
          reopen(o);
          if :: maydie -> die(me, o) :: true fi;
          rr[o] = VACANT
     :: else ->
          atomic { if :: name == o -> name = 0 :: else fi };
          if :: maydie -> die(me, o) :: true fi;
          rr[o] = CLOSED
     fi
  :: atomic { held(wr[o]) -> skip };
     if :: is_end(c0[o]) -> acknowledge(o) :: else fi;
     if :: maydie -> die(me, o) :: true fi;
     rr[o] = VACANT
  fi
}
/* We hold no role any more: the last one out closes. */
inline last_one_out(me, o) {
  if
  :: held(wr[o]) -> skip
  :: else ->
     if
     :: atomic { (rr[o] == VACANT || rr[o] == DEAD) -> rr[o] = me };
        if
        :: is_text(c0[o]) || is_text(c1[o]) -> rr[o] = VACANT
        :: else -> close(me, o)
        fi
     :: atomic { held(rr[o]) || rr[o] == CLOSED -> skip }
     fi
  fi
}
proctype Writer(byte me; byte text) {
  byte o = 0;
again:
  open(o);
  if :: maydie -> die(me, o) :: true fi;
  if
  :: atomic { (wr[o] == VACANT || wr[o] == DEAD) -> wr[o] = me }
  :: closed(wr[o]) ->             /* settle: wait for a live reader, or do it for a dead one */
     if
     :: atomic { (rr[o] == VACANT || rr[o] == DEAD) -> rr[o] = me };
        if :: maydie -> die(me, o) :: true fi;
        if :: closed(wr[o]) -> close(me, o) :: else -> rr[o] = VACANT fi
     :: rr[o] == CLOSED -> skip
     :: !closed(wr[o]) -> skip
     fi;
     goto again
  :: atomic { held(wr[o]) -> alive--; goto gone }
  fi;
  if :: name != o -> wr[o] = DEAD; goto again :: else fi;
  if :: maydie -> die(me, o) :: true fi;
  if
  :: atomic { c1[o] == 0 -> put(o, text); handed = handed | text }
  :: maydie -> die(me, o)
  :: true -> goto leave           /* Ctrl-C */
  fi;
  if :: maydie -> die(me, o) :: true fi;
  if
  :: put(o, END + me)
  :: maydie -> die(me, o)
  :: true -> goto leave
  fi;
  if :: maydie -> die(me, o) :: true fi;
  wr[o] = VACANT;
  goto done;
leave:
  if
  :: !held(rr[o]) && c0[o] == 0 -> wr[o] = DEAD; last_one_out(me, o)
  :: else ->
     if
     :: atomic { c1[o] == 0 -> put(o, END + me) };
        if :: maydie -> die(me, o) :: true fi;
        wr[o] = VACANT;
        last_one_out(me, o)
     :: c1[o] != 0 -> wr[o] = DEAD
     fi
  fi;
done:
  atomic { alive-- };
gone: skip
}
proctype Reader(byte me) {
  byte o = 0; byte v = 0;
again:
  open(o);
  if :: maydie -> die(me, o) :: true fi;
  if
  :: atomic { (rr[o] == VACANT || rr[o] == DEAD) -> rr[o] = me }
  :: rr[o] == CLOSED -> goto again
  :: held(rr[o]) && closed(wr[o]) -> goto again
  :: atomic { held(rr[o]) && !closed(wr[o]) -> alive--; goto gone }
  fi;
  if :: maydie -> die(me, o) :: true fi;
  if :: name != o -> rr[o] = CLOSED; goto again :: else fi;
  reopen(o);
loop:
  if
  :: is_text(c0[o]) ->
     v = c0[o]; printed = printed | v;
     if :: maydie -> die(me, o) :: true fi;
     acknowledge(o); goto loop
  :: is_end(c0[o]) ->
     v = c0[o] - END;
     if
     :: wr[o] != v -> close(me, o)
     :: maydie -> die(me, o)
     fi
  :: c0[o] == 0 && wr[o] == DEAD ->
     if :: c0[o] == 0 -> close(me, o) :: else -> goto loop fi
  :: maydie -> die(me, o)
  :: true ->                      /* Ctrl-C */
     if
     :: is_text(c0[o]) || is_text(c1[o]) -> rr[o] = VACANT
     :: else ->
        if
        :: held(wr[o]) -> rr[o] = VACANT; last_one_out(me, o)
        :: else -> close(me, o)
        fi
     fi
  fi;
  atomic { alive-- };
gone: skip
}
init {
  byte o;
  atomic {
    alive = WRITERS + 2;
    run Writer(1, 1); run Writer(2, 2); run Reader(11); run Reader(12);
    if :: WRITERS == 3 -> run Writer(3, 4) :: else fi
  };
  alive == 0;
  o = name;
  /* Text with no end behind it: whoever comes next is told that its writer is gone. */
  assert(o == 0 || !is_text((c1[o] != 0 -> c1[o] : c0[o])) ||
    wr[o] == DEAD || wr[o] == CLOSED_DEAD);
  /* A last reader drains what the key leads to. */
  do
  :: o != 0 && c0[o] != 0 ->
     if :: is_text(c0[o]) -> printed = printed | c0[o] :: else fi;
     acknowledge(o)
  :: else -> break
  od;
  assert((handed & printed) == handed);                     /* nothing is lost */
}
