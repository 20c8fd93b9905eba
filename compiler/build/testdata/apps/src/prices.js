import { Subject } from "rxjs";

export const prices = new Subject();
