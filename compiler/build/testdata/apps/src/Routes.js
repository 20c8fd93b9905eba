import { createElement, lazy, Suspense } from "react";
import { nanoid } from "nanoid";
import { create } from "zustand";

const Page = lazy(() => import("./Page.js"));
export const useCart = create(() => ({ id: nanoid(), lines: [] }));
export default () => createElement(Suspense, null, createElement(Page));
