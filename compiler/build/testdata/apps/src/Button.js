import { createElement } from "react";
import { signal } from "@preact/signals-core";

export const count = signal(0);
export default () => createElement("button", { onClick: () => count.value++ }, "Add to cart");
