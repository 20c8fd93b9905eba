import { prices } from "./prices.js";

export const total = async () => {
  const { price } = await import("catalog/Price");
  prices.next(price);
};
