export default function Page() {
  return <h1>boards</h1>;
}
