import{createElement as e}from"react";var t=()=>e("h1",null,"Your cart");export{t as default};
