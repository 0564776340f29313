/** What flows forward is green and what flows backward red, as in lectures. */

export const FORWARD = "#1a7f37";
export const BACKWARD = "#cf222e";
