// The server answers this path with the file of the installed package.
export { default } from "uplot";
