import{createElement as t}from"react";import{signal as o}from"@preact/signals-core";var e=o(0),a=()=>t("button",{onClick:()=>e.value++},"Add to cart");export{e as count,a as default};
