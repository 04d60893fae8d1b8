/** Words that a reader has to decode. A sentence that people read has none of them. */
export const UNPLAIN =
  /\b(told|tells?|telling|hears?|heard|news|looks?|looked|saw|(a|each|one) pass|passes|passed|sight|(un)?seen|set aside|poison\w*|catch(es)? up|caught up|born weak|newborns?|contested|giv(e|en|es|ing) up|gave up|let go|spent|book|doers?|undated|uncounted|planted|distrusted|put right|fell short)\b/i;
