export default function Page() {
  return <h1>paths</h1>;
}
